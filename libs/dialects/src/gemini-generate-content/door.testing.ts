import type { ChatRequest } from '@parley/contracts';
import type { Door } from '../door.ts';
import type { Loss } from '../dialect.ts';
import { openGeminiDoor, type GeminiPath } from './door.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/** For specs: a body that says one thing. */
export const asking = (fields: JsonObject = {}): JsonObject => ({
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  ...fields,
});

export const open = (
  body: JsonObject = asking(),
  stream: GeminiPath['stream'] = null,
): { door: Door; request: ChatRequest; losses: Loss[] } => openGeminiDoor(body, { model: 'connection/model', stream });

/** The parts of a client's first candidate, over all the answers of a stream; texts of one kind joined. */
export function joinParts(answers: readonly unknown[]): JsonObject[] {
  const joined: JsonObject[] = [];
  for (const part of answers.flatMap(partsOf)) {
    const last = joined.at(-1);
    const isPlain = typeof part['text'] === 'string' && !('thoughtSignature' in part);
    if (part['text'] === '' && isPlain) continue;
    if (
      isPlain &&
      typeof last?.['text'] === 'string' &&
      !('thoughtSignature' in last) &&
      last['thought'] === part['thought']
    ) {
      last['text'] = `${last['text']}${String(part['text'])}`;
    } else joined.push({ ...part });
  }
  return joined;
}

export function partsOf(answer: unknown): JsonObject[] {
  const [candidate] = isObject(answer) ? objectsIn(answer['candidates']) : [];
  return isObject(candidate?.['content']) ? objectsIn(candidate['content']['parts']) : [];
}

/** The JSON of each event. */
export const readEvents = (text: string): unknown[] =>
  text
    .split('\r\n\r\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => JSON.parse(block.replace(/^data: /, '')) as unknown);
