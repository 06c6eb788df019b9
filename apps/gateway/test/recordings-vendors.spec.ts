import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS } from '@parley/contracts';
import { findProvider } from '@parley/providers';
import { readError, readStream } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { expectAnswer, expectSomething } from './support/observed.ts';
import { FAILS_INSIDE, VENDOR_ERRORS } from './support/recorded-oddities.ts';
import * as recordings from './support/recordings.ts';
import { connectionOf, cutsOf, inPiecesOf, readAnswer, replay, comparable } from './support/replay.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';
import { VENDOR_LANES } from './support/vendor-lanes.ts';

if (!recordings.recordingsPresent) console.warn('SKIPPED: recordings not found; recorded traffic is not replayed');

const CASES = VENDOR_LANES.flatMap((lane) =>
  lane.recordings.map((recording) => ({ lane, recording, title: `${recording.provider}/${recording.case}` })),
);
const ANSWERED = CASES.filter(({ recording, title }) => recording.status === 200 && !(title in FAILS_INSIDE));
const REFUSED = CASES.filter(({ recording }) => recording.status !== 200);
const BROKEN = CASES.filter(({ title }) => title in FAILS_INSIDE);
const COUNT = 293;

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway({ connections: VENDOR_LANES.map((lane) => connectionOf(lane, upstream.url)) });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

describe('the recordings of all vendors', () => {
  it('are all replayed where they are present, each in the dialect that its vendor speaks', () => {
    expect(CASES).toHaveLength(recordings.recordingsPresent ? COUNT : 0);
    const named = recordings.recordingsPresent ? Object.keys(VENDOR_ERRORS).toSorted() : [];
    expect(REFUSED.map(({ title }) => title).toSorted()).toEqual(named);
    for (const { provider, dialect } of VENDOR_LANES) {
      expect(findProvider(provider)!.dialects.map(({ id }) => id)).toContain(dialect);
    }
  });
});

describe('a client over the recorded traffic of all vendors', () => {
  if (!recordings.recordingsPresent) it.skip('gets what was observed (SKIPPED: recordings not found)', () => {});

  for (const { lane, recording, title } of ANSWERED) {
    const { streaming } = recording;

    it(`gets what was observed in ${title}, however its bytes are cut`, async () => {
      const body = recordings.readResponse(recording);
      const { response, sent } = await replay({ gateway, upstream }, lane, recording, [body]);
      const answer = await readAnswer(response, streaming);
      if (recording.observed) expectAnswer(answer, recording);
      else expectSomething(answer);
      expect(sent.map(({ path }) => path)).toEqual([expect.stringMatching(lane.arrivesAt)]);
      for (const pieces of cutsOf(body)) {
        const again = await replay({ gateway, upstream }, lane, recording, pieces);
        const same = comparable(await readAnswer(again.response, streaming), again.response, recording);
        expect(same).toEqual(comparable(answer, response, recording));
      }
    });

    if (streaming) {
      it(`sends no usage of ${title} to a client that did not ask for it`, async () => {
        const body = recordings.readResponse(recording);
        const { response } = await replay({ gateway, upstream }, lane, recording, [body], false);
        expect(foldStream(await readStream(response)).usage).toBeNull();
      });
    }
  }

  for (const { lane, recording, title } of REFUSED) {
    const code = VENDOR_ERRORS[title]!;

    it(`is told ${code} for ${title}`, async () => {
      const body = recordings.readResponse(recording);
      const { response, sent } = await replay({ gateway, upstream }, lane, recording, inPiecesOf(97, body));
      const error = await readError(response);
      expect(error).toMatchObject({ code, type: ERRORS[code].type, provider: lane.connection });
      expect(response.status).toBe(ERRORS[code].status);
      expect(error.upstream?.status).toBe(recording.status);
      // What may succeed later is tried again.
      expect(sent.length > 1).toBe(ERRORS[code].retryable);
    });
  }

  for (const { lane, recording, title } of BROKEN) {
    const code = FAILS_INSIDE[title]!;

    it(`is told ${code} inside of ${title}, and nothing that looks like a good end`, async () => {
      const body = recordings.readResponse(recording);
      const { response } = await replay({ gateway, upstream }, lane, recording, [body]);
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      const { error, done } = isStream ? await readStream(response) : { error: await readError(response), done: false };
      expect([error?.code, done]).toEqual([code, false]);
    });
  }
});
