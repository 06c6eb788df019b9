import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS } from '@parley/contracts';
import { readError, readStream } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { expectAnswer, expectBeginning } from './support/observed.ts';
import { RECORDED_ERRORS, SEVERAL_ANSWERS } from './support/recorded-oddities.ts';
import * as recordings from './support/recordings.ts';
import { connectionOf, cutsOf, inPiecesOf, readAnswer, replay, comparable, type Lane } from './support/replay.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

if (!recordings.recordingsPresent) console.warn('SKIPPED: recordings not found; recorded traffic is not replayed');

const LANES: readonly Lane[] = [
  {
    connection: 'openai',
    provider: 'openai',
    dialect: 'openai-chat',
    path: '/v1',
    arrivesAt: /^\/v1\/chat\/completions$/,
    recordings: recordings.listRecordings('openai', ['chat.completions']),
  },
  {
    connection: 'anthropic',
    provider: 'anthropic',
    dialect: 'anthropic-messages',
    arrivesAt: /^\/v1\/messages$/,
    recordings: recordings.listRecordings('anthropic', ['messages']),
  },
  {
    connection: 'google',
    provider: 'google',
    dialect: 'gemini-generate-content',
    arrivesAt: /^\/v1beta\/models\/recorded:(streamGenerateContent\?alt=sse|generateContent)$/,
    recordings: recordings.listRecordings('gemini', ['generateContent', 'streamGenerateContent']),
  },
];
const CASES = LANES.flatMap((lane) => lane.recordings.map((recording) => [lane, recording] as const));
const COUNT = 122;

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway({ connections: LANES.map((lane) => connectionOf(lane, upstream.url)) });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

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

  for (const [lane, recording] of CASES.filter(([, { status }]) => status === 200)) {
    const { case: name, streaming } = recording;

    it(`gets what was observed in ${recording.provider}/${name}, however its bytes are cut`, async () => {
      const body = recordings.readResponse(recording);
      const { response, asked, sent } = await replay({ gateway, upstream }, lane, recording, [body]);
      const answer = await readAnswer(response, streaming);
      if (name === SEVERAL_ANSWERS) expectBeginning(answer, recording);
      else expectAnswer(answer, recording);
      expect(sent.map(({ path }) => path)).toEqual([expect.stringMatching(lane.arrivesAt)]);
      if (lane.dialect === 'openai-chat') {
        expect(JSON.parse(sent[0]!.body.toString())).toEqual({ ...asked, model: 'recorded' });
      }
      for (const pieces of cutsOf(body)) {
        const again = await replay({ gateway, upstream }, lane, recording, pieces);
        const same = comparable(await readAnswer(again.response, streaming), again.response, recording);
        expect(same).toEqual(comparable(answer, response, recording));
      }
    });

    if (lane.dialect === 'openai-chat' && !streaming) {
      it(`gets the very bytes of ${recording.provider}/${name}`, async () => {
        const body = recordings.readResponse(recording);
        const { response } = await replay({ gateway, upstream }, lane, recording, [body]);
        expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      });
    }

    if (streaming) {
      it(`sends no usage of ${recording.provider}/${name} to a client that did not ask for it`, async () => {
        const body = recordings.readResponse(recording);
        const { response } = await replay({ gateway, upstream }, lane, recording, [body], false);
        expect(foldStream(await readStream(response)).usage).toBeNull();
      });
    }
  }

  for (const [lane, recording] of CASES.filter(([, { status }]) => status !== 200)) {
    const title = `${recording.provider}/${recording.case}`;
    const code = RECORDED_ERRORS[title]!;

    it(`is told ${code} for ${title}`, async () => {
      const body = recordings.readResponse(recording);
      const { response, sent } = await replay({ gateway, upstream }, lane, recording, inPiecesOf(97, body));
      expect(response.status).toBe(ERRORS[code].status);
      const error = await readError(response);
      expect(error).toMatchObject({ code, type: ERRORS[code].type, provider: lane.connection });
      expect(error.request_id).toBe(response.headers.get('x-request-id'));
      expect(error.upstream?.status).toBe(recording.status);
      expect(sent).toHaveLength(1);
      if (code === 'provider_rate_limited') expect(response.headers.get('retry-after')).toBe('48');
    });
  }
});
