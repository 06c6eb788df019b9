import type { ChatRequest } from '@parley/contracts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { encodeContents } from './contents.ts';
import { encodeGenerationConfig } from './generation-config.ts';
import type { JsonObject } from '../json-values.ts';
import { encodeTools } from './tools.ts';
import { asksForSomething } from '../unsent.ts';

/** Fields that are written elsewhere in the body, said by the URL, or meant for the gateway. */
const HANDLED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'models',
  'provider',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'stop',
  'seed',
  'max_tokens',
  'max_completion_tokens',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'response_format',
  'reasoning_effort',
  'tools',
  'tool_choice',
]);

/** Gemini's own fields, which callers may give under either name. `labels` is known to Vertex only. */
const NATIVE: Readonly<Record<string, string>> = {
  safety_settings: 'safetySettings',
  safetySettings: 'safetySettings',
  cached_content: 'cachedContent',
  cachedContent: 'cachedContent',
  labels: 'labels',
};

/**
 * Writes the body of `generateContent`: https://ai.google.dev/api/generate-content#request-body
 * Model and streaming are in the URL. Gemini refuses a body with a field that it does not know, so nothing passes unseen.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const contents = encodeContents(request.messages, target, losses);
  const tools = encodeTools(request, losses);
  const generationConfig = encodeGenerationConfig(request, target, losses);
  const native: JsonObject = {};
  for (const [field, value] of Object.entries(request)) {
    if (HANDLED.has(field)) continue;
    if (Object.hasOwn(NATIVE, field)) {
      if (value !== null && value !== undefined) native[NATIVE[field]!] = value;
    } else if (asksForSomething(field, value)) {
      losses.push({ param: field, action: 'dropped', reason: 'no counterpart in generateContent' });
    }
  }
  const hasConfig = Object.keys(generationConfig).length > 0;
  return { body: { ...contents, ...tools, ...(hasConfig && { generationConfig }), ...native }, losses };
}
