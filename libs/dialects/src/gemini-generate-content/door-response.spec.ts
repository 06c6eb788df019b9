import { describe, expect, it } from '@jest/globals';
import type {
  ErrorBody,
  ChatAnswerMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatDelta,
  FinishReason,
  ReasoningDetail,
} from '@parley/contracts';
import fc from 'fast-check';
import { CARRIED_PREFIX } from './carried-state.ts';
import { encodeGeminiFailure } from './door-failure.ts';
import { asking, joinParts, open, partsOf, readEvents } from './door.testing.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

const THINKING = asking({ generationConfig: { thinkingConfig: { includeThoughts: true } } });
const envelope = { id: 'chatcmpl-1', created: 1, model: 'm' };
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const completion = (
  message: Partial<ChatAnswerMessage>,
  finish: FinishReason = 'stop',
  rest: object = {},
): ChatCompletion => ({
  ...envelope,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish, ...rest }],
  usage,
});
const CALL = { body: {}, answerId: 'a', created: 0 };

const whole = (answer: ChatCompletion, body = asking()): JsonObject =>
  open(body).door.encodeResponse(answer, CALL) as JsonObject;

const chunk = (delta: ChatDelta, finish: FinishReason | null = null): ChatCompletionChunk => ({
  ...envelope,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

function stream(chunks: ChatCompletionChunk[], body = asking(), form: 'events' | 'array' = 'events'): string {
  const encoder = open(body, form).door.openStreamEncoder(CALL);
  return chunks.map((each) => encoder.encode(each)).join('') + encoder.finish();
}

describe('a whole answer', () => {
  it('is a GenerateContentResponse, with ids and figures as Gemini has them', () => {
    expect(whole(completion({ content: 'Hello' }))).toEqual({
      candidates: [{ content: { parts: [{ text: 'Hello' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: 'm',
      responseId: '1',
    });
  });

  it('counts thoughts beside the answer, and cached tokens inside the prompt', () => {
    const detailed = {
      ...usage,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(whole({ ...completion({ content: 'Hello' }), usage: detailed })['usageMetadata']).toEqual({
      promptTokenCount: 10,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 3,
      totalTokenCount: 15,
    });
  });

  it.each([
    ['stop', undefined, 'STOP'],
    ['tool_calls', undefined, 'STOP'],
    ['length', 'max_tokens', 'MAX_TOKENS'],
    ['content_filter', undefined, 'SAFETY'],
    ['content_filter', 'RECITATION', 'RECITATION'],
  ] as const)('that finished with %s (%s) says %s', (finish, native, expected) => {
    const answer = whole(completion({ content: 'x' }, finish, { native_finish_reason: native }));
    expect(objectsIn(answer['candidates'])[0]?.['finishReason']).toBe(expected);
  });

  it('shows thoughts to those who asked for them, since others may read the first part only', () => {
    const answer = completion({ content: 'Hello', reasoning_content: 'Hm' });
    expect(partsOf(whole(answer))).toEqual([{ text: 'Hello' }]);
    expect(partsOf(whole(answer, THINKING))).toEqual([{ text: 'Hm', thought: true }, { text: 'Hello' }]);
  });

  it('has a part where nothing was said', () => {
    expect(partsOf(whole(completion({ content: '' })))).toEqual([{ text: '' }]);
  });

  it('gives arguments as objects, whatever the model wrote', () => {
    const calls = ['{"a":1}', '', '[1]', '{"a":'].map((text, at) => ({
      id: `call_${at}`,
      type: 'function' as const,
      function: { name: 'f', arguments: text },
    }));
    expect(partsOf(whole(completion({ tool_calls: calls }, 'tool_calls')))).toEqual([
      { functionCall: { id: 'call_0', name: 'f', args: { a: 1 } } },
      { functionCall: { id: 'call_1', name: 'f', args: {} } },
      { functionCall: { id: 'call_2', name: 'f', args: { arguments: '[1]' } } },
      { functionCall: { id: 'call_3', name: 'f', args: { arguments: '{"a":' } } },
    ]);
  });

  it('cites in bytes, as Gemini counts', () => {
    const citation = {
      type: 'url_citation',
      url_citation: { url: 'https://a.example', title: 'A', start_index: 3, end_index: 6 },
    };
    const answer = whole(completion({ content: 'ä: yes', annotations: [citation] }));
    expect(objectsIn(answer['candidates'])[0]?.['groundingMetadata']).toEqual({
      groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
      groundingSupports: [{ segment: { startIndex: 4, endIndex: 7, text: 'yes' }, groundingChunkIndices: [0] }],
    });
  });
});

const details: ReasoningDetail[] = [
  { type: 'reasoning.text', text: 'Hm ä', signature: 's==', format: 'anthropic-claude-v1', index: 0 },
  { type: 'reasoning.encrypted', data: 'opaque', format: 'openai-responses-v1', id: 'rs_1', tool_call_id: 'call_1' },
];
const calls = [{ id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: '{}' } }];

/** What the next request tells the model after a client gave the parts back, with one of Google's ways to write bytes. */
function giveBack(parts: JsonObject[], rewrite = (signature: string) => signature) {
  const kept = parts.map((part) =>
    typeof part['thoughtSignature'] === 'string'
      ? { ...part, thoughtSignature: rewrite(part['thoughtSignature']) }
      : part,
  );
  const asked = parts
    .filter((part) => isObject(part['functionCall']))
    .map(({ functionCall }) => functionCall as JsonObject);
  const results = asked.map(({ id, name }) => ({ functionResponse: { id, name, response: { result: 'ok' } } }));
  const contents = [{ parts: [{ text: 'Go' }] }, { role: 'model', parts: kept }, { role: 'user', parts: results }];
  return open({ contents }).request.messages[1];
}

describe('reasoning state', () => {
  it('of any vendor survives a tool loop unchanged, also where a client writes its bytes in the URL’s alphabet', () => {
    const parts = partsOf(whole(completion({ tool_calls: calls, reasoning_details: details }, 'tool_calls')));
    expect(parts).toEqual([
      { functionCall: expect.any(Object), thoughtSignature: expect.stringContaining(CARRIED_PREFIX) },
    ]);
    const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_');
    for (const rewrite of [(text: string) => text, urlSafe]) {
      expect(giveBack(parts, rewrite)).toMatchObject({ tool_calls: calls, reasoning_details: details });
    }
  });

  it('is the same in a stream', () => {
    const text = stream([
      chunk({ role: 'assistant', reasoning_details: details.slice(0, 1) }),
      chunk({ reasoning_details: details.slice(1) }),
      chunk({ tool_calls: [{ index: 0, ...calls[0]! }] }),
      chunk({}, 'tool_calls'),
    ]);
    expect(giveBack(joinParts(readEvents(text)))).toMatchObject({ tool_calls: calls, reasoning_details: details });
  });

  it('of Google’s own stays the signature that it is, on the part that it belongs to', () => {
    const own = [
      { type: 'reasoning.encrypted' as const, data: 'T3du', format: 'google-gemini-v1' as const },
      { type: 'reasoning.encrypted' as const, data: 'Q2FsbA==', id: 'call_1', format: 'google-gemini-v1' as const },
    ];
    const parts = partsOf(
      whole(completion({ content: 'Go', tool_calls: calls, reasoning_details: own }, 'tool_calls')),
    );
    expect(parts).toEqual([
      { text: 'Go' },
      { text: '', thoughtSignature: 'T3du' },
      { functionCall: { id: 'call_1', name: 'f', args: {} }, thoughtSignature: 'Q2FsbA==' },
    ]);
    expect(giveBack(parts)?.reasoning_details).toEqual(own);
  });

  it('goes along as readable reasoning for vendors that sign nothing and want it back with the calls', () => {
    const parts = partsOf(whole(completion({ tool_calls: calls, reasoning_content: 'Hm' }, 'tool_calls')));
    expect(giveBack(parts)).toMatchObject({ reasoning_content: 'Hm' });
    expect(partsOf(whole(completion({ content: 'x', reasoning_content: 'Hm' })))).toEqual([{ text: 'x' }]);
  });

  it('that was tampered with is nothing', () => {
    const signature = `${CARRIED_PREFIX}${Buffer.from('{"details":[1,{"type":1}]').toString('base64')}`;
    const parts = [{ functionCall: { id: 'call_1', name: 'f', args: {} }, thoughtSignature: signature }];
    expect(giveBack(parts)).toEqual({ role: 'assistant', content: null, tool_calls: calls });
  });
});

/** A hub message in pieces, as streams bring it. */
const deltas: fc.Arbitrary<ChatDelta[]> = fc
  .record({
    reasoning: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
    content: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
    calls: fc.array(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  })
  .map(({ reasoning, content, calls: texts }) => [
    { role: 'assistant' },
    ...reasoning.map((piece) => ({ reasoning_content: piece })),
    ...content.map((piece) => ({ content: piece })),
    ...texts.flatMap((pieces, index) => [
      {
        tool_calls: [{ index, id: `call_${index}`, type: 'function' as const, function: { name: 'f', arguments: '' } }],
      },
      ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ]);

function messageOf(pieces: ChatDelta[]): ChatAnswerMessage {
  const join = (field: 'content' | 'reasoning_content') => pieces.map((piece) => piece[field] ?? '').join('');
  const texts = new Map<number, string>();
  for (const { index, function: called } of pieces.flatMap((piece) => piece.tool_calls ?? [])) {
    texts.set(index, (texts.get(index) ?? '') + (called?.arguments ?? ''));
  }
  const toolCalls = [...texts].map(([index, text]) => ({
    id: `call_${index}`,
    type: 'function' as const,
    function: { name: 'f', arguments: text },
  }));
  const message = {
    role: 'assistant' as const,
    content: join('content'),
    reasoning_content: join('reasoning_content'),
  };
  return { ...message, ...(toolCalls.length > 0 && { tool_calls: toolCalls }) };
}

describe('a stream', () => {
  it('says what the whole answer says, with one finish and with usage at its end', () => {
    fc.assert(
      fc.property(deltas, fc.boolean(), (pieces, thinks) => {
        const body = thinks ? THINKING : asking();
        const chunks = [
          ...pieces.map((delta) => chunk(delta)),
          chunk({}, 'stop'),
          { ...chunk({}), choices: [], usage },
        ];
        const events = readEvents(stream(chunks, body)) as JsonObject[];
        const expected = whole(completion(messageOf(pieces)), body);
        expect(joinParts(events)).toEqual(joinParts([expected]));
        const candidates = events.flatMap((event) => objectsIn(event['candidates']));
        expect(candidates.map(({ finishReason }) => finishReason).filter(Boolean)).toEqual(['STOP']);
        expect(events.at(-1)).toMatchObject({
          usageMetadata: expected['usageMetadata'],
          responseId: '1',
          modelVersion: 'm',
        });
        expect(JSON.parse(stream(chunks, body, 'array'))).toEqual(events);
      }),
    );
  });

  it('gives each call an event of its own, since older clients keep only the last part of an event', () => {
    const call = (index: number, id: string) => ({ index, id, function: { name: 'f', arguments: '{}' } });
    const events = readEvents(stream([chunk({ tool_calls: [call(0, 'a'), call(1, 'b')] }), chunk({}, 'tool_calls')]));
    const told = (id: string) => [{ functionCall: { id, name: 'f', args: {} } }];
    expect(events.map(partsOf)).toEqual([told('a'), told('b')]);
  });

  it('is kept alive by events that say nothing, since some clients take comments for the end', () => {
    const { keepAlive, contentType } = open(asking(), 'events').door.framing!;
    expect(contentType).toBe('text/event-stream; charset=utf-8');
    expect(joinParts(readEvents(keepAlive + keepAlive))).toEqual([]);
    expect(keepAlive).toMatch(/^data: \{.+\}\r\n\r\n$/);
  });

  it('that fails ends in an error, in either form, wherever it stands', () => {
    const failure: ErrorBody = {
      error: {
        message: 'Cut.',
        type: 'server_error',
        retryable: true,
        code: 'upstream_incomplete',
        request_id: 'r',
        param: null,
        provider: 'p',
        retry_after: null,
        hint: 'Again.',
      },
    };
    const shaped = encodeGeminiFailure(failure, 502);
    const told = { error: expect.objectContaining({ code: 502, message: 'Cut.', status: 'UNAVAILABLE' }) };
    const events = open(asking(), 'events').door;
    expect(readEvents(events.encodeStreamFailure(shaped, true, CALL))).toEqual([told]);
    expect(events.encodeStreamFailure(shaped, true, CALL)).toMatch(/^data: .+\r\n\r\n: .+\r\n$/);
    const array = open(asking(), 'array').door;
    const first = array.openStreamEncoder(CALL).encode(chunk({ content: 'Hel' }));
    expect(JSON.parse(first + array.framing!.keepAlive + array.encodeStreamFailure(shaped, true, CALL))).toEqual([
      expect.anything(),
      told,
    ]);
    expect(JSON.parse(array.framing!.keepAlive + array.encodeStreamFailure(shaped, false, CALL))).toEqual([told]);
  });
});
