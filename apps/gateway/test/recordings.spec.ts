import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS } from '@parley/contracts';
import { postChat, readCompletion, readError, readStream } from './support/chat-client.ts';
import { answerOf, foldStream, type SeenAnswer } from './support/fold-stream.ts';
import { expectAnswer, expectBeginning } from './support/observed.ts';
import { RECORDED_ERRORS, SEVERAL_ANSWERS } from './support/recorded-oddities.ts';
import * as recordings from './support/recordings.ts';
import type { Recording } from './support/recordings.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { startUpstream, type Upstream, type UpstreamRequest } from './support/upstream.ts';

if (!recordings.recordingsPresent) console.warn('SKIPPED: recordings not found; recorded traffic is not replayed');

const CASES: [connection: string, recording: Recording][] = [
  ...recordings.listRecordings('openai', ['chat.completions']).map((recording) => ['openai', recording] as const),
  ...recordings.listRecordings('anthropic', ['messages']).map((recording) => ['anthropic', recording] as const),
  ...recordings
    .listRecordings('gemini', ['generateContent', 'streamGenerateContent'])
    .map((recording) => ['google', recording] as const),
].map(([connection, recording]) => [connection, recording]);
const COUNT = 122;
/** Above it a piece per byte only takes time. */
const SMALL_BYTES = 6000;
/** No power of two and prime, so that pieces end everywhere in lines and characters. */
const ODD_LENGTHS = [97, 1009];

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  const { url } = upstream;
  gateway = await startTestGateway({
    connections: [
      { name: 'openai', provider: 'openai', baseUrl: `${url}/v1` },
      { name: 'anthropic', provider: 'anthropic', baseUrl: url },
      { name: 'google', provider: 'google', baseUrl: url },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

const pathOf = (connection: string, { streaming }: Recording): string => {
  if (connection === 'openai') return '/v1/chat/completions';
  if (connection === 'anthropic') return '/v1/messages';
  return `/v1beta/models/recorded:${streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
};

/** What the client asks: the recorded request where it is in the door's format, else the least there is. */
function requestFor(connection: string, recording: Recording, includeUsage: boolean): Record<string, unknown> {
  const recorded = connection === 'openai' ? recordings.readRequest(recording) : undefined;
  return {
    ...(recorded ?? { messages: [{ role: 'user', content: 'Hello' }] }),
    model: `${connection}/recorded`,
    ...(recording.streaming && { stream: true, stream_options: { include_usage: includeUsage } }),
  };
}

type Replayed = { response: Response; asked: Record<string, unknown>; sent: UpstreamRequest[] };

async function replay(
  connection: string,
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
  const asked = requestFor(connection, recording, includeUsage);
  const response = await postChat(gateway, asked);
  return { response, asked, sent: upstream.requests.slice(before) };
}

const inPiecesOf = (length: number, body: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / length) }, (_, at) => body.subarray(at * length, (at + 1) * length));

async function readAnswer(response: Response, streaming: boolean): Promise<SeenAnswer> {
  return streaming ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
}

/** Where the provider gave no ids, ours derive from the request's, which differs between two replays. */
function withoutOwnIds(answer: SeenAnswer, { headers }: Response): unknown {
  const own = headers.get('x-request-id')!.replace('req_', '');
  return JSON.parse(
    JSON.stringify(answer)
      .replaceAll(own, 'own')
      .replace(/call_gemini_[0-9a-f]{24}/g, 'own'),
  );
}

describe('the recordings', () => {
  it('are all replayed where they are present', () => {
    expect(CASES).toHaveLength(recordings.recordingsPresent ? COUNT : 0);
    const failed = CASES.filter(([, { status }]) => status !== 200);
    const names = failed.map(([, recording]) => `${recording.provider}/${recording.case}`);
    expect(names.toSorted()).toEqual(recordings.recordingsPresent ? Object.keys(RECORDED_ERRORS).toSorted() : []);
  });
});

describe('a client over recorded traffic', () => {
  if (!recordings.recordingsPresent) it.skip('gets what was observed (SKIPPED: recordings not found)', () => {});

  for (const [connection, recording] of CASES.filter(([, { status }]) => status === 200)) {
    const { case: name, streaming } = recording;

    it(`gets what was observed in ${recording.provider}/${name}, however its bytes are cut`, async () => {
      const body = recordings.readResponse(recording);
      const { response, asked, sent } = await replay(connection, recording, [body]);
      const answer = await readAnswer(response, streaming);
      if (name === SEVERAL_ANSWERS) expectBeginning(answer, recording);
      else expectAnswer(answer, recording);
      expect(sent.map(({ path }) => path)).toEqual([pathOf(connection, recording)]);
      if (connection === 'openai') {
        expect(JSON.parse(sent[0]!.body.toString())).toEqual({ ...asked, model: 'recorded' });
      }
      const cuts = body.length <= SMALL_BYTES ? [...ODD_LENGTHS, 1] : ODD_LENGTHS;
      for (const length of cuts) {
        const again = await replay(connection, recording, inPiecesOf(length, body));
        const same = withoutOwnIds(await readAnswer(again.response, streaming), again.response);
        expect(same).toEqual(withoutOwnIds(answer, response));
      }
    });

    if (connection === 'openai' && !streaming) {
      it(`gets the very bytes of ${recording.provider}/${name}`, async () => {
        const body = recordings.readResponse(recording);
        const { response } = await replay(connection, recording, [body]);
        expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      });
    }

    if (streaming) {
      it(`sends no usage of ${recording.provider}/${name} to a client that did not ask for it`, async () => {
        const body = recordings.readResponse(recording);
        const { response } = await replay(connection, recording, [body], false);
        expect(foldStream(await readStream(response)).usage).toBeNull();
      });
    }
  }

  for (const [connection, recording] of CASES.filter(([, { status }]) => status !== 200)) {
    const title = `${recording.provider}/${recording.case}`;
    const code = RECORDED_ERRORS[title]!;

    it(`is told ${code} for ${title}`, async () => {
      const body = recordings.readResponse(recording);
      const { response, sent } = await replay(connection, recording, inPiecesOf(97, body));
      expect(response.status).toBe(ERRORS[code].status);
      const error = await readError(response);
      expect(error).toMatchObject({ code, type: ERRORS[code].type, provider: connection });
      expect(error.request_id).toBe(response.headers.get('x-request-id'));
      expect(error.upstream?.status).toBe(recording.status);
      expect(sent).toHaveLength(1);
      if (code === 'provider_rate_limited') expect(response.headers.get('retry-after')).toBe('48');
    });
  }
});
