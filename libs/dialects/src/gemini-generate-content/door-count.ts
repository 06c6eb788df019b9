import { invalidRequest, type ChatRequest } from '@parley/contracts';
import { modelName } from './count.ts';
import type { CountDoor, EditedRequest, SourceRequest } from '../door.ts';
import type { Target } from '../dialect.ts';
import { editMembers } from '../json-members.ts';
import { fieldsOf } from './door-fields.ts';
import { decodeGenerateContent } from './door-request.ts';
import { isObject } from '../json-values.ts';
import { editRelayed } from './relay-request.ts';

/** `POST /v1beta/models/{model}:countTokens`. Opened for each request, since the path names the model. */
export const openGeminiCountDoor = (model: string): CountDoor => ({
  dialect: 'gemini-generate-content',
  decodeRequest: (body) => decodeCountTokens(body, model),
  editRequest: editCountTokens,
  encodeCount: (tokens) => ({ totalTokens: tokens }),
});

/**
 * Reads the body of `countTokens`: either `contents` alone or a whole `generateContentRequest`.
 * https://ai.google.dev/api/tokens#request-body
 */
function decodeCountTokens(body: unknown, model: string): ChatRequest {
  const { generateContentRequest: whole, contents, ...others } = fieldsOf(body, 'body');
  if (whole !== undefined && contents !== undefined) {
    throw invalidRequest('contents', 'must not stand beside generateContentRequest');
  }
  const counted = whole === undefined ? { contents, ...others } : fieldsOf(whole, 'generateContentRequest');
  return decodeGenerateContent(counted, { model, stream: false }).request;
}

/** The client's bytes for the model that is asked to count. Inside of the whole request the model must be named again. */
function editCountTokens({ bytes, members }: Pick<SourceRequest, 'bytes' | 'members'>, target: Target): EditedRequest {
  const name = members.has('generateContentRequest') ? 'generateContentRequest' : 'generate_content_request';
  const member = members.get(name);
  if (!member) return editRelayed({ bytes, members }, target);
  const whole: unknown = JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd));
  const named = { ...(isObject(whole) && whole), model: modelName(target) };
  return { bytes: editMembers(bytes, members, new Map([[name, JSON.stringify(named)]])), losses: [] };
}
