import { ERRORS, type BatchResultLine } from '@parley/contracts';
import { newResultLineId, type ItemResult, type LeasedItem } from '@parley/persistence';
import type { ItemOutcome } from '../execute-item.ts';

export const isSuccess = ({ statusCode }: ItemOutcome): boolean => statusCode >= 200 && statusCode < 300;

/** The line that tells the caller how an item ended. As with OpenAI, an answer with an error status has no `error`. */
export function toResult(item: LeasedItem, outcome: ItemOutcome): ItemResult {
  const { batchId, line, token, customId } = item;
  const { statusCode, requestId, body, usage } = outcome;
  const content: BatchResultLine = {
    id: newResultLineId(),
    custom_id: customId,
    response: { status_code: statusCode, request_id: requestId, body },
    error: null,
  };
  return {
    batchId,
    line,
    token,
    customId,
    ok: isSuccess(outcome),
    statusCode,
    requestId,
    content: JSON.stringify(content),
    usage,
  };
}

/** What becomes of an item whose call rejected. */
export function defectOutcome(requestId: string): ItemOutcome {
  const { status, type } = ERRORS.internal_error;
  const error = { message: 'This request failed inside the gateway.', type, code: 'internal_error', param: null };
  return { statusCode: status, requestId, body: { error }, retryable: true, wasTried: true, usage: null };
}
