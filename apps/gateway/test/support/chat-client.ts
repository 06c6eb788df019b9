import type { ChatCompletion, ChatCompletionChunk, ErrorBody } from '@parley/contracts';
import type { TestGateway } from './test-gateway.ts';

export type AskOptions = { headers?: Record<string, string>; key?: string; signal?: AbortSignal };

/** Posts a body, which may be anything, to the chat route as the administrator or with the given key. */
export function postChat(
  gateway: TestGateway,
  body: string | Buffer | object,
  options: AskOptions = {},
): Promise<Response> {
  const { headers = {}, key = gateway.adminKey, signal } = options;
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: typeof body === 'string' ? body : Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** A request that says one thing. */
export const asking = (model: string, content: string, fields: object = {}): object => ({
  model,
  messages: [{ role: 'user', content }],
  ...fields,
});

export async function readCompletion(response: Response): Promise<ChatCompletion> {
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return (await response.json()) as ChatCompletion;
}

export async function readError(response: Response): Promise<ErrorBody['error']> {
  return ((await response.json()) as ErrorBody).error;
}

/** What a client saw of a stream. */
export type SeenStream = { chunks: ChatCompletionChunk[]; done: boolean; error: ErrorBody['error'] | undefined };

/** Reads a stream strictly: what is neither a chunk, an error, `[DONE]` nor a comment is a mistake. */
export function parseStream(text: string): SeenStream {
  const seen: SeenStream = { chunks: [], done: false, error: undefined };
  for (const block of text.split('\n\n').filter((part) => part !== '' && !part.startsWith(':'))) {
    if (!block.startsWith('data: ') || block.includes('\n')) throw new Error(`no plain event: ${block}`);
    if (seen.done || seen.error) throw new Error(`something follows the end: ${block}`);
    const data = block.slice('data: '.length);
    if (data === '[DONE]') {
      seen.done = true;
      continue;
    }
    const value = JSON.parse(data) as ChatCompletionChunk & Partial<ErrorBody>;
    if (value.error) seen.error = value.error;
    else seen.chunks.push(value);
  }
  return seen;
}

export async function readStream(response: Response): Promise<SeenStream> {
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return parseStream(await response.text());
}

/** The text of one choice. */
export function textOf({ chunks }: SeenStream, index = 0): string {
  const deltas = chunks.flatMap((chunk) => chunk.choices.filter((choice) => choice.index === index));
  return deltas.map(({ delta }) => delta.content ?? '').join('');
}
