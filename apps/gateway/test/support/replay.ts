import type { DialectId } from '@parley/contracts';
import { postChat, readCompletion, readStream } from './chat-client.ts';
import type { ConnectionSetup } from './configuration.ts';
import { answerOf, foldStream, type SeenAnswer } from './fold-stream.ts';
import * as recordings from './recordings.ts';
import type { Recording } from './recordings.ts';
import type { TestGateway } from './test-gateway.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

/** Recordings of one vendor and the connection that they are replayed over. */
export type Lane = {
  connection: string;
  /** In the catalog. */
  provider: string;
  dialect: DialectId;
  /** What follows the upstream's address in the base URL. */
  path?: string;
  /** Where the calls must arrive. */
  arrivesAt: RegExp;
  recordings: readonly Recording[];
};

/** Above it a piece per byte only takes time. */
const SMALL_BYTES = 6000;
/** No power of two and prime, so that pieces end everywhere in lines and characters. */
const ODD_LENGTHS = [97, 1009];

export function connectionOf({ connection, provider, dialect, path = '' }: Lane, url: string): ConnectionSetup {
  return { name: connection, provider, baseUrl: `${url}${path}`, models: [{ name: 'recorded', dialect }] };
}

/** What the client asks: the recorded request where it is surely in the door's format, else the least there is. */
export function requestFor({ connection, provider, dialect }: Lane, recording: Recording, includeUsage: boolean) {
  const isOurs = provider === 'openai' && dialect === 'openai-chat';
  const recorded = isOurs ? recordings.readRequest(recording) : undefined;
  return {
    ...(recorded ?? { messages: [{ role: 'user', content: 'Hello' }] }),
    model: `${connection}/recorded`,
    ...(recording.streaming && { stream: true, stream_options: { include_usage: includeUsage } }),
  };
}

export type Replayed = { response: Response; asked: Record<string, unknown>; sent: UpstreamRequest[] };

/** Asks the gateway while the upstream answers with the recorded bytes, written in these pieces. */
export async function replay(
  { gateway, upstream }: { gateway: TestGateway; upstream: Upstream },
  lane: Lane,
  recording: Recording,
  pieces: readonly Buffer[],
  includeUsage = true,
): Promise<Replayed> {
  const before = upstream.requests.length;
  upstream.script = (_request, response) => {
    response.writeHead(recording.status, recordings.headersOf(recording));
    for (const piece of pieces) response.write(piece);
    response.end();
  };
  const asked = requestFor(lane, recording, includeUsage);
  const response = await postChat(gateway, asked);
  return { response, asked, sent: upstream.requests.slice(before) };
}

/** Ways to cut a body into pieces of one length. */
export function cutsOf(body: Buffer): Buffer[][] {
  const lengths = body.length <= SMALL_BYTES ? [...ODD_LENGTHS, 1] : ODD_LENGTHS;
  return lengths.map((length) => inPiecesOf(length, body));
}

export const inPiecesOf = (length: number, body: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / length) }, (_, at) => body.subarray(at * length, (at + 1) * length));

export async function readAnswer(response: Response, streaming: boolean): Promise<SeenAnswer> {
  return streaming ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
}

/**
 * What must be the same in two replays. Where the provider gave no ids, ours derive from the request's; where it gave no
 * usage, ours is an estimate, which is better once the tokenizer is loaded.
 */
export function comparable(answer: SeenAnswer, { headers }: Response, { observed }: Recording): unknown {
  const own = headers.get('x-request-id')!.replace('req_', '');
  const isEstimated = observed !== null && observed.usage_raw === null;
  return JSON.parse(
    JSON.stringify(isEstimated ? { ...answer, usage: null } : answer)
      .replaceAll(own, 'own')
      .replace(/call_gemini_[0-9a-f]{24}/g, 'own'),
  );
}
