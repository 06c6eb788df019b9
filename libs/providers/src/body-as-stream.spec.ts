import { describe, expect, it } from '@jest/globals';
import { chatDoor, geminiGenerateContent, openaiChat, type AnswerContext } from '@parley/dialects';
import { streamOfBody } from './body-as-stream.ts';

const context: AnswerContext = {
  target: { provider: 'p', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};
const encoder = () => chatDoor.openStreamEncoder({ body: {}, answerId: 'a', created: 1 });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const noEstimate = () => {
  throw new Error('nothing is to be estimated');
};
const choice = (index: number, content: string) => ({
  index,
  message: { role: 'assistant', content },
  finish_reason: 'stop',
  logprobs: { content: [index] },
});
const completion = {
  id: 'x',
  object: 'chat.completion',
  created: 7,
  model: 'm',
  choices: [choice(0, 'a'), choice(1, 'b')],
  usage,
};

const chunksOf = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => block.replace('data: ', ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));

describe('a whole answer as a stream', () => {
  it('says what the answer said, for every choice, and then its usage', () => {
    const stream = streamOfBody(completion, openaiChat, encoder(), context, true);
    const envelope = { id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm' };
    const delta = (index: number, content: string) => ({
      index,
      delta: { role: 'assistant', content },
      finish_reason: 'stop',
      logprobs: { content: [index] },
    });
    expect(chunksOf(stream.end(noEstimate)!.toString())).toEqual([
      { ...envelope, choices: [delta(0, 'a'), delta(1, 'b')], usage: null },
      { ...envelope, choices: [], usage },
      '[DONE]',
    ]);
    expect(stream.facts).toEqual({ begun: true, done: true, usage, outputChars: 2 });
  });

  it('hides usage that was not asked for, and knows it', () => {
    const stream = streamOfBody(completion, openaiChat, encoder(), context, false);
    expect(stream.end(noEstimate)!.toString()).not.toContain('prompt_tokens');
    expect(stream.facts.usage).toEqual(usage);
  });

  it('fails like the answer itself', () => {
    expect(() => streamOfBody({ error: { message: 'x' } }, openaiChat, encoder(), context, false)).toThrow(
      'provider_unavailable',
    );
    expect(() => streamOfBody('text', openaiChat, encoder(), context, false)).toThrow('provider_bad_answer');
  });

  it('may be a list of the events that were not streamed', () => {
    const parts = ['he', 'llo'].map((text, at) => ({
      candidates: [{ content: { parts: [{ text }] }, ...(at === 1 && { finishReason: 'STOP' }) }],
    }));
    const text = streamOfBody(parts, geminiGenerateContent, encoder(), context, false).end(noEstimate)!.toString();
    expect(text).toContain('"he"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(() =>
      streamOfBody(parts.slice(0, 1), geminiGenerateContent, encoder(), context, false).end(noEstimate),
    ).toThrow('upstream_incomplete');
    expect(() => streamOfBody([], geminiGenerateContent, encoder(), context, false).end(noEstimate)).toThrow(
      'upstream_incomplete',
    );
  });
});
