import type { Capabilities, ChatRequest } from '@parley/contracts';
import type { Target } from '../dialect.ts';
import type { ChatQuirks } from './quirks.ts';
import { RequestDraft } from './request-draft.ts';
import { editMessages } from './upstream-messages.ts';

/** Fields that speak to the gateway and not to a provider. */
export const GATEWAY_FIELDS = ['models', 'provider'] as const;

/** Source: https://platform.openai.com/docs/guides/reasoning */
const SAMPLING_FIELDS = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
] as const;

/**
 * What is changed of a request before it goes up, the same whether the body is rebuilt (`encodeRequest`) or its bytes are
 * edited (the relay): the model's upstream name, no gateway fields, usage always asked for, because accounting needs it,
 * the model's rules on parameters and the vendor's own forms.
 */
export function draftUpstream(request: ChatRequest, target: Target): RequestDraft {
  const { capabilities, quirks } = target;
  const draft = new RequestDraft(request);
  draft.set('model', target.upstreamModel);
  for (const field of GATEWAY_FIELDS) if (!quirks?.passed?.includes(field)) draft.remove(field);
  if (quirks?.usageUnasked) draft.remove('stream_options');
  else if (request.stream && request.stream_options?.include_usage !== true) {
    draft.set('stream_options', { ...request.stream_options, include_usage: true });
  }
  applyCapabilities(draft, capabilities);
  const messages = editMessages(request.messages, target, draft.losses);
  if (messages) draft.set('messages', messages);
  if (quirks) applyQuirks(draft, quirks);
  return draft;
}

function applyCapabilities(draft: RequestDraft, capabilities: Capabilities): void {
  if (capabilities.max_completion_tokens) draft.rename('max_tokens', 'max_completion_tokens');
  if (capabilities.reasoning === 'none') draft.drop('reasoning_effort', 'the model does not reason');
  if (capabilities.parallel_tool_calls === false) {
    draft.drop('parallel_tool_calls', 'the model makes one call at a time');
  }
  const obstacle = obstacleToSampling(draft, capabilities);
  if (obstacle) for (const field of SAMPLING_FIELDS) draft.drop(field, obstacle);
}

function obstacleToSampling(draft: RequestDraft, { sampling }: Capabilities): string | undefined {
  if (sampling === false) return 'the model does not take sampling parameters';
  const effort = sampling === 'without_reasoning' ? (draft.get('reasoning_effort') ?? 'none') : 'none';
  return effort === 'none' ? undefined : 'it does not go together with reasoning';
}

function applyQuirks(draft: RequestDraft, quirks: ChatQuirks): void {
  for (const field of quirks.refused ?? []) draft.drop(field, 'the provider has no such field');
  for (const [field, names] of Object.entries(quirks.values ?? {})) {
    const value = draft.get(field);
    if (typeof value === 'string' && Object.hasOwn(names, value)) draft.set(field, names[value]);
  }
  if (quirks.stopAsArray) {
    const stop = draft.get('stop');
    if (typeof stop === 'string') draft.set('stop', [stop]);
  }
  if (quirks.logprobsAsCount) countLogprobs(draft);
  for (const [from, to] of Object.entries(quirks.renamed ?? {})) draft.rename(from, to);
}

/** OpenAI asks for log probabilities by a flag and for alternatives by a number, others by the number alone. */
function countLogprobs(draft: RequestDraft): void {
  const wanted = draft.get('logprobs');
  const alternatives = draft.get('top_logprobs');
  draft.remove('top_logprobs');
  if (wanted === true) draft.set('logprobs', typeof alternatives === 'number' ? Math.max(1, alternatives) : 1);
  else draft.remove('logprobs');
}
