import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { context, decodeStream, relayStream, sse } from './fold.testing.ts';
import { bodyOf, expectObserved, expectStreamObserved, listRecordings } from './recordings.testing.ts';
import { readCompletion } from './response.ts';
import { SseReader } from '../sse.ts';

const found = listRecordings('openai');
const cases = found ?? [];
const skipped = '(SKIPPED: no recordings beside the repository)';
const describeRecorded = (name: string, body: () => void): void =>
  found ? describe(name, body) : describe.skip(`${name} ${skipped}`, body);

const ERROR_CODES: Record<string, ErrorCode> = {
  'chat.completions-err400--gpt-4o': 'provider_refused_request',
  'chat.completions-err400--gpt-4o-mini-2': 'provider_refused_request',
  'chat.completions-err400--gpt-5-mini': 'provider_refused_request',
  'chat.completions-err400--nomodel': 'provider_refused_request',
  'chat.completions-err400--o1-mini': 'provider_refused_request',
  'chat.completions-err401--gpt-4': 'provider_auth_failed',
  'chat.completions-err401--gpt-4o': 'provider_auth_failed',
  'chat.completions-err404--gpt-3.5-turbo-0613': 'model_not_found',
  'chat.completions-err404--gpt-3.5-turbo-instruct': 'model_not_found',
  'chat.completions-err404--gpt-4.1-nano-wrong': 'model_not_found',
  'chat.completions-err404--gpt-5.2-proo': 'model_not_found',
  'chat.completions-err404--not-found-test-chat-model': 'model_not_found',
};

describe('the recordings of OpenAI', () => {
  it('are all named here, the failed ones with what they mean', () => {
    const failed = cases.filter(({ status }) => status !== 200).map((recording) => recording.case);
    expect(failed.sort()).toEqual(found ? Object.keys(ERROR_CODES).sort() : []);
    expect(cases.filter(({ observed, status }) => status === 200 && !observed)).toEqual([]);
  });
});

describeRecorded('recorded streams', () => {
  for (const recording of cases.filter(({ format, status }) => format === 'sse' && status === 200)) {
    it(`${recording.case} reads as observed, decoded and relayed, in any pieces`, () => {
      expectStreamObserved(recording);
    });

    it(`${recording.case} cut before its finish is incomplete`, () => {
      const reader = new SseReader();
      const events = reader.push(bodyOf(recording)).map((event) => event.data);
      const finish = events.findLastIndex((data) => /"finish_reason": ?"/.test(data));
      for (const length of new Set([0, 1, finish >> 1, finish])) {
        const cut = Buffer.from(sse(...events.slice(0, length)));
        expect(() => decodeStream([cut])).toThrow(UpstreamFailureError);
        expect(() => relayStream([cut], false)).toThrow(UpstreamFailureError);
      }
    });
  }
});

describeRecorded('recorded answers', () => {
  for (const recording of cases.filter(({ format, status }) => format === 'json' && status === 200)) {
    it(`${recording.case} reads as observed and needs no mending`, () => {
      const { completion, faithful } = readCompletion(JSON.parse(bodyOf(recording).toString()), context);
      expectObserved(completion, recording);
      expect(faithful).toBe(true);
    });
  }
});

describeRecorded('recorded errors', () => {
  for (const recording of cases.filter(({ status }) => status !== 200)) {
    it(`${recording.case} is ${ERROR_CODES[recording.case]}`, () => {
      const body: unknown = JSON.parse(bodyOf(recording).toString());
      const failure = decodeFailure(recording.status, recording.response_headers, body);
      expect(failure).toMatchObject({ code: ERROR_CODES[recording.case], retryable: false });
      expect(failure.upstream.status).toBe(recording.status);
      expect(failure.upstream.message).not.toMatch(/sk-\w/);
    });
  }
});
