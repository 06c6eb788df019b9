import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../anthropic-messages/fold.testing.ts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { exceptionFrame, frame, readStream } from './fold.testing.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

const context: AnswerContext = {
  target: { provider: 'bedrock', upstreamModel: 'anthropic.claude-x', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1700,
};

type Block = Record<string, unknown>;
const USAGE = { inputTokens: 9, outputTokens: 5, totalTokens: 14 };

const start = frame('messageStart', { role: 'assistant' });
const opened = (contentBlockIndex: number, block: Block) =>
  frame('contentBlockStart', { contentBlockIndex, start: block });
const grown = (contentBlockIndex: number, delta: Block) => frame('contentBlockDelta', { contentBlockIndex, delta });
const closed = (contentBlockIndex: number) => frame('contentBlockStop', { contentBlockIndex });
const ending = (stopReason: string) => [frame('messageStop', { stopReason }), frame('metadata', { usage: USAGE })];
const read = (...frames: Buffer[]) => readStream([Buffer.concat(frames)], context);
const textBlock = [grown(0, { text: 'Hé' }), grown(0, { text: '' }), closed(0)];

/** The frames that stream a block, its strings in single characters. */
function streamBlock(block: Block, index: number): Buffer[] {
  const pieces = (text: string, wrap: (piece: string) => Block) =>
    Array.from(text, (piece) => grown(index, wrap(piece)));
  if (typeof block['text'] === 'string') return [...pieces(block['text'], (text) => ({ text })), closed(index)];
  const cited = block['citationsContent'] as { content: { text: string }[]; citations: Block[] } | undefined;
  if (cited) {
    const texts = cited.content.flatMap(({ text }) => pieces(text, (piece) => ({ text: piece })));
    return [...cited.citations.map((citation) => grown(index, { citation })), ...texts, closed(index)];
  }
  const tool = block['toolUse'] as { toolUseId: string; name: string; input: object } | undefined;
  if (tool) {
    const { input, ...head } = tool;
    const json = JSON.stringify(input);
    const parts = json === '{}' ? [] : pieces(json, (piece) => ({ toolUse: { input: piece } }));
    return [opened(index, { toolUse: head }), ...parts, closed(index)];
  }
  const { reasoningText, redactedContent } = block['reasoningContent'] as Record<string, Record<string, string>>;
  if (redactedContent) return [grown(index, { reasoningContent: { redactedContent } }), closed(index)];
  const { text = '', signature } = reasoningText!;
  return [
    ...pieces(text, (piece) => ({ reasoningContent: { text: piece } })),
    ...(signature ? [grown(index, { reasoningContent: { signature } })] : []),
    closed(index),
  ];
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const citation = fc.record({ location: fc.record({ web: fc.record({ url: fc.webUrl(), domain: text }) }) });
const block = fc.oneof(
  fc.record({ text }),
  fc.record({
    citationsContent: fc.record({
      content: fc.array(fc.record({ text }), { minLength: 1, maxLength: 2 }),
      citations: fc.array(citation, { minLength: 1, maxLength: 2 }),
    }),
  }),
  fc.record({ toolUse: fc.record({ toolUseId: text, name: text, input: fc.dictionary(text, fc.nat()) }) }),
  fc.record({ reasoningContent: fc.record({ reasoningText: fc.record({ text, signature: text }) }) }),
  fc.record({ reasoningContent: fc.record({ reasoningText: fc.record({ text }) }) }),
  fc.record({ reasoningContent: fc.record({ redactedContent: fc.base64String({ minLength: 4 }) }) }),
);
const stopReason = fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'guardrail_intervened', 'something_new');

describe('the stream decoder', () => {
  it('gives in pieces what a whole answer gives at once', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), stopReason, (content, reason) => {
        const frames = [start, ...content.flatMap(streamBlock), ...ending(reason)];
        const output = { message: { role: 'assistant', content } };
        const whole = decodeResponse({ output, stopReason: reason, usage: USAGE }, context);
        const [{ index: _index, ...choice }] = whole.choices as [(typeof whole.choices)[0]];
        const { index: _streamed, ...folded } = fold(read(...frames)).choices[0]!;
        expect(folded).toEqual(choice);
        expect(fold(read(...frames)).usage).toEqual(whole.usage);
      }),
    );
  });

  it('keeps one id and the model that was asked, and tells usage last', () => {
    const chunks = read(start, ...textBlock, ...ending('end_turn'));
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`))).toEqual(
      new Set(['chatcmpl-fallback anthropic.claude-x 1700']),
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9, total_tokens: 14 } });
  });

  it('joins encrypted reasoning that comes in pieces, each whole base64', () => {
    const parts = ['one', 'two!'].map((part) => Buffer.from(part).toString('base64'));
    const deltas = parts.map((redactedContent) => grown(0, { reasoningContent: { redactedContent } }));
    expect(
      fold(read(start, ...deltas, closed(0), ...ending('end_turn'))).choices[0]?.message.reasoning_details,
    ).toEqual([
      {
        type: 'reasoning.encrypted',
        data: Buffer.from('onetwo!').toString('base64'),
        format: 'bedrock-converse-v1',
        index: 0,
      },
    ]);
  });

  it('leaves out tools that Bedrock runs itself, with their results', () => {
    const frames = [
      opened(0, { toolUse: { toolUseId: 'a', name: 'nova_grounding', type: 'server_tool_use' } }),
      grown(0, { toolUse: { input: '{}' } }),
      closed(0),
      opened(1, { toolResult: { toolUseId: 'a', type: 'nova_grounding_result' } }),
      grown(1, { toolResult: [{ text: 'found' }] }),
      closed(1),
      grown(2, { text: 'ok' }),
      closed(2),
    ];
    expect(fold(read(start, ...frames, ...ending('end_turn'))).choices[0]).toMatchObject({
      message: { content: 'ok' },
      finish_reason: 'stop',
    });
  });

  it('gives blocks that lack their end one at the end of the message', () => {
    const open = opened(0, { toolUse: { toolUseId: 'a', name: 'f' } });
    const [call] = fold(read(start, open, ...ending('tool_use'))).choices[0]?.message.tool_calls ?? [];
    expect(call).toEqual({ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } });
  });

  it('is complete without metadata, and incomplete without the end of the message', () => {
    expect(fold(read(start, ...textBlock, frame('messageStop', { stopReason: 'end_turn' }))).usage).toBeUndefined();
    for (const frames of [
      [],
      [start],
      [start, ...textBlock],
      [start, ...textBlock, frame('metadata', { usage: USAGE })],
    ]) {
      expect(() => read(...frames)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'upstream_incomplete' }) }),
      );
    }
  });

  it('ignores what it does not know, and whatever follows the end', () => {
    const novelty = frame('somethingNew', { a: 1 });
    const decoder = openStreamDecoder(context);
    decoder.push({ event: 'messageStop', data: '{"stopReason":"end_turn"}' });
    expect(decoder.done).toBe(false);
    decoder.push({ event: 'metadata', data: '{}' });
    expect([decoder.done, decoder.push({ event: 'messageStop', data: '{}' })]).toEqual([true, []]);
    expect(fold(read(start, novelty, ...textBlock, ...ending('end_turn'))).choices[0]?.message.content).toBe('Hé');
  });

  it.each([
    ['throttlingException', 'provider_rate_limited', true],
    ['modelStreamErrorException', 'provider_unavailable', true],
    ['internalServerException', 'provider_unavailable', true],
    ['validationException', 'provider_refused_request', false],
    ['somethingNewException', 'provider_unavailable', true],
  ])('fails with %s as %s', (kind, code, retryable) => {
    const failing = () => read(start, ...textBlock, exceptionFrame(kind, 'No.'));
    expect(failing).toThrow(UpstreamFailureError);
    expect(failing).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ code, retryable, upstream: expect.objectContaining({ message: 'No.' }) }),
      }),
    );
  });

  it.each(['malformed_model_output', 'malformed_tool_use'])('fails with an answer that ends as %s', (reason) => {
    expect(() => read(start, ...textBlock, ...ending(reason))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'provider_bad_answer' }) }),
    );
  });

  it.each(['no JSON', '7'])('refuses an event of %j', (data) => {
    expect(() => openStreamDecoder(context).push({ event: 'messageStart', data })).toThrow(UpstreamFailureError);
  });
});
