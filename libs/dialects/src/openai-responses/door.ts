import type { Target } from '../dialect.ts';
import type { AnswerTo, Door, EditedRequest, SourceRequest } from '../door.ts';
import { editMembers } from '../json-members.ts';
import { GATEWAY_FIELDS } from '../openai-chat/upstream-edits.ts';
import { readMemory } from './conversation.ts';
import { isPackedItem } from './door-reasoning.ts';
import { decodeResponsesRequest, lossesInHub } from './door-request.ts';
import { encodeResponse } from './door-response.ts';
import { ownParam } from './door-params.ts';
import { ResponseStreamEncoder } from './door-stream.ts';
import { decodeOwnFailure } from './failure.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { ResponsesRelay } from './relay.ts';
import { checkResponse, decodeResponse, stateIn } from './response.ts';
import { editResponse, goneOnFrom } from './response-edits.ts';
import { decodeUsage } from './usage.ts';

const ENCRYPTED_REASONING = 'reasoning.encrypted_content';

/** `POST /v1/responses`. Earlier turns are put into the input before the door is asked (`conversation.ts`). */
export const responsesDoor: Door = {
  dialect: 'openai-responses',
  decodeRequest: decodeResponsesRequest,
  lossesInHub,
  paramsOf: () => ownParam,
  encodeResponse,
  openStreamEncoder: (call) => new ResponseStreamEncoder(call),
  encodeStreamFailure,
  relay: {
    editRequest,
    decodeFailure: decodeOwnFailure,
    readResponse(body, context, asked) {
      const response = checkResponse(body);
      const { previousId } = readMemory(asked);
      return {
        usage: decodeUsage(response['usage']) ?? null,
        completion: () => decodeResponse(body, context),
        faithful: textOr(response['id'], '') !== '' && response['object'] === 'response',
        ...(previousId !== undefined && { edit: (bytes) => editResponse(bytes, goneOnFrom(previousId)) }),
        state: stateIn(response),
      };
    },
    openStream: (context, { asked }) => new ResponsesRelay(context, readMemory(asked).previousId),
  },
};

function editRequest({ bytes, members, body, withoutState = false }: SourceRequest, target: Target): EditedRequest {
  const asked = isObject(body) ? body : {};
  const edits = new Map<string, string | undefined>([['model', JSON.stringify(target.upstreamModel)]]);
  for (const field of GATEWAY_FIELDS) {
    if (members.has(field) && !target.quirks?.passed?.includes(field)) edits.set(field, undefined);
  }
  // What it refers to stands in the input by now, and a provider would not know it.
  if (members.has('previous_response_id')) edits.set('previous_response_id', undefined);
  const items = objectsIn(asked['input']);
  const isUnreadable = (item: JsonObject): boolean =>
    withoutState ? item['type'] === 'reasoning' : isPackedItem(item);
  if (items.some(isUnreadable)) edits.set('input', JSON.stringify(items.filter((item) => !isUnreadable(item))));
  const include = includeForStore(asked, target);
  if (include) edits.set('include', JSON.stringify(include));
  for (const [field, value] of Object.entries(target.bodyEdits ?? {})) {
    edits.set(field, value === undefined ? undefined : JSON.stringify(value));
  }
  return { bytes: editMembers(bytes, members, edits), losses: [] };
}

/** A stored answer must hold its reasoning, so that the conversation can go on from it without the provider's memory. */
function includeForStore(asked: JsonObject, { capabilities: { reasoning } }: Target): unknown[] | undefined {
  if (readMemory(asked).store === 'no' || reasoning === undefined || reasoning === 'none') return undefined;
  const include: unknown[] = Array.isArray(asked['include']) ? asked['include'] : [];
  return include.includes(ENCRYPTED_REASONING) ? undefined : [...include, ENCRYPTED_REASONING];
}

/**
 * For a stream that failed before any response was named: it is named first, since clients that put the events together
 * lose the failure otherwise.
 */
function encodeStreamFailure(body: unknown, _hasBegun: boolean, call: AnswerTo): string {
  const { created, body: asked } = call;
  const model = isObject(asked) ? textOr(asked['model'], '') : '';
  const encoder = new ResponseStreamEncoder(call);
  const begin = encoder.encode({ id: '', object: 'chat.completion.chunk', created, model, choices: [] });
  return begin + encoder.fail(body, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
}
