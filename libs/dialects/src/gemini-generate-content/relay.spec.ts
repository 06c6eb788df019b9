import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { findMembers } from '../json-members.ts';
import type { StreamTransform } from '../stream-transform.ts';
import { encodeCarriedState } from './carried-state.ts';
import { asking, open } from './door.testing.ts';
import { answerContext } from './fold.testing.ts';
import { editRelayed } from './relay-request.ts';

const answer = (text: string, rest: object = {}) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...rest }],
  modelVersion: 'm',
});
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const ANSWERS = [
  answer('Hello'),
  answer(' wörld 👋🏽 \r\n\r\n'),
  { ...answer('', { finishReason: 'STOP' }), usageMetadata },
];
const sse = (answers: object[], end = '\r\n\r\n') =>
  answers.map((each) => `data: ${JSON.stringify(each)}${end}`).join('');
const noEstimate = () => {
  throw new Error('nothing is estimated in a relay');
};

function relay(text: string, cuts: number[] = [], form: 'events' | 'array' = 'events') {
  const bytes = Buffer.from(text);
  const transform: StreamTransform = open(asking(), form).door.relay.openStream(answerContext, {
    includeUsage: true,
    asked: undefined,
  });
  const passed: Buffer[] = [];
  const edges = [0, ...cuts.map((at) => Math.min(at, bytes.length)).toSorted((a, b) => a - b), bytes.length];
  const keep = (piece: Buffer | null) => piece && passed.push(piece);
  let error: unknown;
  try {
    for (const [index, end] of edges.slice(1).entries()) keep(transform.push(bytes.subarray(edges[index], end)));
    keep(transform.end(noEstimate));
  } catch (caught) {
    error = caught;
    if (caught instanceof UpstreamFailureError) keep(caught.partial);
  }
  return { text: Buffer.concat(passed).toString(), facts: transform.facts, error };
}

describe('a relayed stream', () => {
  it('is the very bytes that came, wherever they were split', () => {
    for (const end of ['\r\n\r\n', '\n\n', '\r\r']) {
      const text = `: hello${end}${sse(ANSWERS, end)}`;
      fc.assert(
        fc.property(fc.array(fc.nat(text.length + 20)), (cuts) => {
          const relayed = relay(text, cuts);
          expect(relayed.error).toBeUndefined();
          expect(relayed.text).toBe(text);
          expect(relayed.facts).toMatchObject({
            begun: true,
            done: true,
            usage: { prompt_tokens: 3, completion_tokens: 2 },
          });
        }),
      );
    }
  });

  it('is the same answers in an array for those who want one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400)), (cuts) => {
        expect(JSON.parse(relay(sse(ANSWERS), cuts, 'array').text)).toEqual(ANSWERS);
      }),
    );
  });

  it('gets the blank line that its last event lacks', () => {
    const text = sse(ANSWERS).slice(0, -'\r\n\r\n'.length);
    expect(relay(text).text).toBe(sse(ANSWERS));
  });

  it('that is cut never looks complete, and stops between events', () => {
    const text = sse(ANSWERS);
    const lastEvent = text.lastIndexOf('data: ');
    for (let length = 1; length < lastEvent; length += 1) {
      const { text: passed, error } = relay(text.slice(0, length));
      expect(error).toBeInstanceOf(UpstreamFailureError);
      expect(passed === '' || passed.endsWith('\r\n\r\n')).toBe(true);
      expect(text.startsWith(passed)).toBe(true);
    }
  });

  it('hands on what stood before an error, and not the error', () => {
    const failure = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
    const { text, error } = relay(sse([ANSWERS[0]!, failure]));
    expect(text).toBe(sse([ANSWERS[0]!]));
    expect(error).toMatchObject({ failure: { code: 'provider_unavailable' } });
  });
});

const source = (text: string) => ({ bytes: Buffer.from(text), members: findMembers(Buffer.from(text)) });
const target = { provider: 'google', upstreamModel: 'up', capabilities: {}, maxOutputTokens: null };

describe('a relayed request', () => {
  it('is the very bytes that came', () => {
    const text = '{ "contents" : [{"parts":[{"text":"ä","future":1e2}]}],  "futureField": 1.0 }';
    const { bytes, losses } = editRelayed(source(text), target);
    expect(bytes.toString()).toBe(text);
    expect(losses).toEqual([]);
  });

  it('loses a model in its body, since the path names it', () => {
    const { bytes } = editRelayed(source('{"model":"models/other","contents":[]}'), target);
    expect(JSON.parse(bytes.toString())).toEqual({ contents: [] });
  });

  it('gets the edits that its provider wants', () => {
    const { bytes } = editRelayed(source('{"contents":[],"labels":{}}'), {
      ...target,
      bodyEdits: { labels: undefined, a: 'b' },
    });
    expect(JSON.parse(bytes.toString())).toEqual({ a: 'b', contents: [] });
  });

  it.each([
    ['budget', {}],
    ['effort', { thoughtSignature: 'skip_thought_signature_validator' }],
  ] as const)(
    'loses another vendor’s state, which Google refuses, for a model that reasons by %s',
    (reasoning, standIn) => {
      const carried = encodeCarriedState({ details: [] });
      const parts = [
        { text: 'a', thought_signature: carried },
        { functionCall: { name: 'f', args: { thoughtSignature: 'mine' } }, thoughtSignature: carried },
        { text: 'b', thoughtSignature: 'T3du' },
      ];
      const body = JSON.stringify({ contents: [{ role: 'model', parts }], generationConfig: { seed: 1 } });
      const { bytes, losses } = editRelayed(source(body), { ...target, capabilities: { reasoning } });
      expect(JSON.parse(bytes.toString())).toEqual({
        contents: [
          {
            role: 'model',
            parts: [
              { text: 'a' },
              { functionCall: { name: 'f', args: { thoughtSignature: 'mine' } }, ...standIn },
              { text: 'b', thoughtSignature: 'T3du' },
            ],
          },
        ],
        generationConfig: { seed: 1 },
      });
      expect(losses).toEqual([{ param: 'contents', action: 'emulated', reason: expect.any(String) }]);
    },
  );
});
