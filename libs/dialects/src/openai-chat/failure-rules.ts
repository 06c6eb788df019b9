import type { ErrorCode } from '@parley/contracts';
import type { ErrorParts } from './error-parts.ts';

/** Holds where the status is one of these (absent: any) and the words are found in code, type and message. */
type Rule = { code: ErrorCode; statuses?: readonly number[]; said?: RegExp };

const REFUSALS = [400, 403, 404, 413, 422];

/**
 * What failures mean, the first rule that holds. The class comes from the words where the status alone would mislead: a
 * bad key is 400 at one vendor, an unknown model 400 at another, used-up credits 429 or 403. There is no common code for
 * any of them. An error inside a 200 may have no status: then only rules with words apply to it.
 */
const RULES: readonly Rule[] = [
  // A chat model asked for embeddings, or the other way round: it says nothing about the key.
  {
    code: 'provider_refused_request',
    statuses: [403],
    said: /not allowed to (?:generate embeddings|sample) from this model/i,
  },
  { code: 'provider_credits_exhausted', statuses: [402] },
  {
    code: 'provider_credits_exhausted',
    said: /insufficient[_ ](?:quota|balance|credits?|funds)|exceeded_current_quota_error|requires more credits|credit balance|(?:out of|no|all available|included) credits|spending limit|billing_(?:hard_limit|not_active)|key limit exceeded|payment_required|arrearage/i,
  },
  {
    code: 'context_length_exceeded',
    statuses: REFUSALS,
    said: /context.?length|maximum (?:context|prompt)|(?:context|prompt) (?:size|window)|too[_ ]many[_ ](?:prompt[_ ])?tokens|prompt (?:is )?too long|prompt exceeds|exceeded model token limit|tokens_limit_reached|too large for model|range of input length|inputs.{0,20}tokens.{0,60}must be <=/i,
  },
  {
    code: 'content_filtered',
    statuses: REFUSALS,
    said: /content_filter|content_policy|content management policy|ResponsibleAIPolicy|data_inspection_failed|content exists risk|content violates|input was flagged/i,
  },
  {
    code: 'model_not_found',
    statuses: REFUSALS,
    said: /model_?not_?(?:found|available|supported)|invalid_model|unknown_model|DeploymentNotFound|\bmodel\b.{0,160}(?:not exist|not found|decommissioned|does not have access)|(?:unknown|no such|invalid) model\b|not a valid model|no endpoints found|does not have access to model/is,
  },
  { code: 'provider_auth_failed', statuses: [401, 403] },
  { code: 'provider_auth_failed', said: /(?:incorrect|invalid|missing|no|wrong)[_ ]?api[_ ]?key|api key not valid/i },
  { code: 'provider_rate_limited', statuses: [429] },
  { code: 'provider_rate_limited', said: /rate_limit|RateLimitReached|too_many_requests/i },
  { code: 'model_not_found', statuses: [404] },
  { code: 'request_too_large', statuses: [413] },
  // 408 and 409 as OpenAI's SDK repeats them; 498: Groq's flex capacity is used up.
  { code: 'provider_unavailable', statuses: [408, 409, 425, 498] },
];

/** What a failure is in our words. `status` null: it came inside an answer that said 200, and names none. */
export function classify(status: number | null, { code, type, message }: ErrorParts): ErrorCode {
  const words = `${code ?? ''} ${type ?? ''} ${message ?? ''}`;
  const rule = RULES.find(({ statuses, said }) => {
    if (statuses && status !== null && !statuses.includes(status)) return false;
    return said ? said.test(words) : status !== null;
  });
  if (rule) return rule.code;
  if (status === null || status >= 500) return 'provider_unavailable';
  return status >= 400 ? 'provider_refused_request' : 'provider_bad_answer';
}
