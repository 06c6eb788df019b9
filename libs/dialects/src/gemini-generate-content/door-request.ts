import { invalidRequest, type ChatMessage, type ChatRequest } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { decodeGenerationConfig } from './door-config.ts';
import { decodeContents } from './door-contents.ts';
import { fieldsOf, listOf, textIn } from './door-fields.ts';
import { decodeTools } from './door-tools.ts';
import type { JsonObject } from '../json-values.ts';

/** What the path of a call says, where other doors find it in the body. */
export type GeminiCall = { model: string; stream: boolean };

export type DecodedRequest = {
  request: ChatRequest;
  /** What the hub has no word for; a relay loses none of it. */
  losses: Loss[];
  /** Gemini shows its thoughts only to those who ask for them. */
  includeThoughts: boolean;
};

const DECODED: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'cachedContent',
  // The path's counts.
  'model',
]);

/**
 * Reads the body of `generateContent`: https://ai.google.dev/api/generate-content#request-body
 * Checks only what every provider would refuse or misread. Throws `invalid_request` naming the field.
 */
export function decodeGenerateContent(body: unknown, { model, stream }: GeminiCall): DecodedRequest {
  const fields = fieldsOf(body, 'body');
  const losses: Loss[] = [];
  const { fields: config, includeThoughts } = decodeGenerationConfig(fields['generationConfig'], losses);
  const isCached = fields['cachedContent'] !== undefined;
  if (listOf(fields['contents']).length === 0) throw invalidRequest('contents', 'is required');
  const conversation = decodeContents({ contents: fields['contents'], isCached }, losses);
  reportUnknown(fields, isCached, losses);
  const request: ChatRequest = {
    model,
    messages: [...decodeSystem(fields['systemInstruction'], losses), ...conversation],
    // Gemini tells usage whether asked to or not.
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
    ...config,
    ...decodeTools(fields, losses),
  };
  return { request, losses, includeThoughts };
}

function reportUnknown(fields: JsonObject, isCached: boolean, losses: Loss[]): void {
  if (isCached) {
    losses.push({
      param: 'cachedContent',
      action: 'refused',
      reason: 'only Gemini has content that is kept at Google',
    });
  }
  for (const param of Object.keys(fields)) {
    if (!DECODED.has(param) && !isEmptyList(fields[param]))
      losses.push({ param, action: 'dropped', reason: 'only Gemini knows it' });
  }
}

/** Many clients send every field. */
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function decodeSystem(value: unknown, losses: Loss[]): ChatMessage[] {
  const param = 'systemInstruction';
  if (value === undefined) return [];
  const texts = listOf(fieldsOf(value, param)['parts']).flatMap((part, at) => {
    const place = `${param}.parts.${at}`;
    const text = textIn(fieldsOf(part, place), 'text', place);
    if (text === undefined) losses.push({ param: place, action: 'dropped', reason: 'instructions can only be text' });
    return text ? [text] : [];
  });
  if (texts.length === 0) return [];
  const content = texts.length === 1 ? texts[0]! : texts.map((text) => ({ type: 'text' as const, text }));
  return [{ role: 'system', content }];
}
