import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk } from '@parley/contracts';
import fc from 'fast-check';
import { byteByByte, context, decodeStream, fold, noEstimate, readChunks, relayStream, sse } from './fold.testing.ts';
import { ChatStreamDecoder } from './stream.ts';

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** Texts with everything that JSON and SSE make special. */
const text = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '\r', 'ж', '👋', 'data: ', '[DONE]'),
  maxLength: 6,
});

const toolCalls = fc.array(fc.record({ name: fc.constantFrom('f', 'g'), parts: fc.array(text, { maxLength: 3 }) }), {
  maxLength: 3,
});

/** What a compatible provider may send, in any of its manners. */
const providerStream = fc
  .record({
    id: fc.constantFrom('x', '', undefined),
    texts: fc.array(text, { maxLength: 12 }),
    reasoning: fc.array(text, { maxLength: 3 }),
    calls: toolCalls,
    finish: fc.constantFrom('stop', 'length', 'eos', null),
    repeatsFinish: fc.boolean(),
    extra: fc.constantFrom(
      {},
      { obfuscation: 'abc' },
      { usage: null },
      { system_fingerprint: 'fp', service_tier: 'default' },
    ),
    usageAt: fc.constantFrom('last', 'finish', 'every', 'never'),
    choices: fc.constantFrom([0], [0, 1]),
  })
  .map((shape) => {
    const base = {
      ...(shape.id !== undefined && { id: shape.id }),
      object: 'chat.completion.chunk',
      created: 7,
      model: 'm',
    };
    const counted = shape.usageAt === 'every' ? { usage } : {};
    const chunk = (delta: object, index: number, finish_reason: unknown = null) => ({
      ...base,
      ...shape.extra,
      ...counted,
      choices: [{ index, delta, finish_reason }],
    });
    const events: unknown[] = shape.choices.map((index) => chunk({ role: 'assistant', content: '' }, index));
    const all = (delta: object): void => void events.push(...shape.choices.map((index) => chunk(delta, index)));
    for (const reasoning_content of shape.reasoning) all({ reasoning_content });
    for (const content of shape.texts) all({ content });
    shape.calls.forEach(({ name, parts }, index) => {
      all({ tool_calls: [{ index, id: `c${index}`, type: 'function', function: { name, arguments: '' } }] });
      for (const part of parts) all({ tool_calls: [{ index, function: { arguments: part } }] });
    });
    for (const index of shape.choices) {
      const finish = chunk({}, index, shape.finish);
      events.push(shape.usageAt === 'finish' ? { ...finish, usage } : finish);
      if (shape.repeatsFinish) events.push(finish);
    }
    if (shape.usageAt === 'last') events.push({ ...base, choices: [], usage });
    return { bytes: Buffer.from(sse(...events, '[DONE]')), hasUsage: shape.usageAt !== 'never' };
  });

describe('decoding and relaying a chat stream', () => {
  it('comes to the same answer, whatever the provider sends and however it is cut', () => {
    fc.assert(
      fc.property(providerStream, fc.array(fc.nat(5000), { maxLength: 6 }), ({ bytes, hasUsage }, cuts) => {
        const edges = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        const decoded = decodeStream([bytes]);
        expect(fold(readChunks(relayStream(pieces, hasUsage)))).toEqual(fold(decoded));
        expect(decodeStream(byteByByte(bytes))).toEqual(decoded);
        expect(decoded.some((chunk) => chunk.usage)).toBe(hasUsage);
      }),
    );
  });

  it('relays usage only to clients that asked for it', () => {
    fc.assert(
      fc.property(providerStream, ({ bytes }) => {
        const chunks = readChunks(relayStream([bytes], false, noEstimate));
        expect(chunks.filter((chunk) => chunk.usage)).toEqual([]);
      }),
    );
  });
});

describe('ChatStreamDecoder', () => {
  const piece = (fields: object): string =>
    sse({ id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm', ...fields });
  const start = piece({ choices: [{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }] });
  const finish = piece({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  const decode = (body: string): ChatCompletionChunk[] => decodeStream([Buffer.from(body)]);

  it('takes the end of the connection for the end of the answer once it has finished', () => {
    expect(decode(start + finish).at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });

  it('drops what comes after [DONE]', () => {
    expect(decode(start + finish + sse('[DONE]') + start + sse({ error: 'late' }))).toHaveLength(2);
  });

  it.each([
    ['nothing at all', ''],
    ['[DONE] alone', sse('[DONE]')],
    ['no finish', start],
    ['usage without an answer', piece({ choices: [], usage })],
  ])('says that a stream of %s is incomplete, and that it may be tried again', (_name, body) => {
    const decoder = (): unknown => decode(body);
    expect(decoder).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'upstream_incomplete', retryable: true }) }),
    );
  });

  it.each([
    ['an error object', { data: '{"error":{"message":"x","code":429}}' }, 'provider_rate_limited'],
    ['a named error event', { event: 'error', data: '{"message":"x"}' }, 'provider_unavailable'],
    ['broken JSON', { data: '{"id":' }, 'provider_bad_answer'],
    ['JSON that is no object', { data: '1' }, 'provider_bad_answer'],
  ])('fails on %s', (_name, event, code) => {
    expect(() => new ChatStreamDecoder(context).push(event)).toThrow(code);
  });
});

describe("a vendor's manners", () => {
  it("reads Perplexity's manners: CRLF, no [DONE], usage and sources on every chunk, the answer so far repeated", () => {
    const event = (content: string, finish: string | null, completion_tokens: number): string => {
      const choice = {
        index: 0,
        delta: { content },
        message: { role: 'assistant', content: 'all' },
        finish_reason: finish,
      };
      const usage = {
        prompt_tokens: 3,
        completion_tokens,
        total_tokens: 3 + completion_tokens,
        cost: { total_cost: 0.5 },
      };
      const chunk = { id: 'x', model: 'm', created: 7, object: 'chat.completion.chunk', choices: [choice], usage };
      return `data: ${JSON.stringify({ ...chunk, citations: ['https://a.example'] })}\r\n\r\n`;
    };
    const body = Buffer.from(event('a', null, 1) + event('b', null, 2) + event('', 'stop', 2));
    const chunks = readChunks(relayStream([body], true));
    expect(relayStream(byteByByte(body), true)).toEqual(relayStream([body], true));
    expect(fold(chunks)).toMatchObject({ choices: [{ message: { content: 'ab' } }], usage: { completion_tokens: 2 } });
    expect(JSON.stringify(chunks)).not.toContain('"message"');
    expect(chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.annotations ?? []))).toEqual([
      expect.objectContaining({ type: 'url_citation' }),
    ]);
  });
});
