import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatUsage } from '@parley/contracts';
import fc from 'fast-check';
import { chunksOf, completions, readEvents, usage, type SeenEvent } from './door.testing.ts';
import { decodeInput } from './door-input.ts';
import { encodeResponse } from './door-response.ts';
import { ResponseStreamEncoder } from './door-stream.ts';
import { openaiResponses } from './index.ts';
import type { JsonObject } from '../json-values.ts';
import { context, foldStream } from './stream.testing.ts';

const call = {
  body: { tools: [{ type: 'namespace', name: 'mcp', tools: [{ type: 'function', name: 'g' }] }], temperature: 0.5 },
  answerId: 'abc',
  created: 7,
};

function stream(completion: ChatCompletion): { text: string; answer: JsonObject } {
  const encoder = new ResponseStreamEncoder(call);
  const text =
    chunksOf(completion)
      .map((chunk) => encoder.encode(chunk))
      .join('') + encoder.finish();
  return { text, answer: encoder.answer! };
}

const answering = (message: object, finish = 'stop'): ChatCompletion =>
  ({
    id: 'x',
    object: 'chat.completion',
    created: 7,
    model: 'upstream',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish }],
    usage,
  }) as ChatCompletion;

/** Rebuilds every item from its events alone, as a client does that never looks at the last event. */
function rebuild(events: SeenEvent[]): unknown[] {
  const items: JsonObject[] = [];
  for (const { type, output_index: index, item, delta } of events) {
    if (type === 'response.output_item.added') items[index as number] = { ...item, text: '' };
    if (type.endsWith('.delta')) (items[index as number]!['text'] as string) += delta;
  }
  return items.map(({ type, text, name }) => ({ type, text, name }));
}

const summaryOf = (item: JsonObject): unknown => {
  const [part] = (item['summary'] ?? item['content'] ?? []) as JsonObject[];
  return { type: item['type'], text: item['arguments'] ?? part?.['text'] ?? '', name: item['name'] };
};

describe('a streamed response', () => {
  it('repeats what was asked, wherever it holds the response, and nothing that was not', () => {
    const asked = {
      instructions: 'Be brief.',
      previous_response_id: 'resp_0',
      metadata: { a: 'b' },
      store: false,
      user: 'me',
      top_logprobs: 0,
      prompt_cache_key: 'key',
      safety_identifier: 'who',
    };
    const encoder = new ResponseStreamEncoder({ ...call, body: asked });
    const chunks = chunksOf(answering({ content: 'Hi' }));
    const events = readEvents(chunks.map((chunk) => encoder.encode(chunk)).join('') + encoder.finish());
    const responses = events.flatMap(({ response }) => response ?? []);
    expect(responses).toEqual([1, 2, 3].map(() => expect.objectContaining({ ...asked, access_programs: null })));
    expect(encodeResponse(answering({ content: 'Hi' }), { ...call, body: {} })).not.toHaveProperty('store');
  });

  it('nests its events and numbers them', () => {
    const events = readEvents(stream(answering({ content: 'Hi' })).text);
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
    expect(events[0]!.response).toMatchObject({ id: 'resp_abc', status: 'in_progress', output: [], usage: null });
    expect(events.at(-1)!.response).toMatchObject({
      status: 'completed',
      temperature: 0.5,
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    });
  });

  it('names a function of a namespace as its client does', () => {
    const calls = [{ id: 'call_0', type: 'function', function: { name: 'mcp__g', arguments: '{}' } }];
    const { output } = stream(answering({ tool_calls: calls }, 'tool_calls')).answer;
    expect(output).toMatchObject([{ type: 'function_call', call_id: 'call_0', namespace: 'mcp', name: 'g' }]);
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('is incomplete when it ends by %s', (finish, reason) => {
    const events = readEvents(stream(answering({ content: 'Hi' }, finish)).text);
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason }, output: [{ status: 'incomplete' }] },
    });
  });

  it('says refusals as refusals, and an empty answer as an empty message', () => {
    expect(stream(answering({ refusal: 'No.' })).answer['output']).toMatchObject([
      { content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
    expect(stream(answering({ content: '' })).answer['output']).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: '' }] },
    ]);
  });

  it('fails as the response that began, with the next number, usage and no half item', () => {
    const encoder = new ResponseStreamEncoder(call);
    const [first, second] = chunksOf(answering({ content: 'Hello' }));
    const text = encoder.encode(first!) + encoder.encode(second!);
    const counted: ChatUsage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const error = { code: 'upstream_incomplete', type: 'server_error', message: 'It broke.' };
    const events = readEvents(text + encoder.fail({ error }, counted));
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        id: 'resp_abc',
        status: 'failed',
        error: { code: 'server_error', message: 'It broke.' },
        output: [],
        usage: { output_tokens: 2 },
      },
    });
  });

  it('equals the whole answer, item by item and event by event', () => {
    fc.assert(
      fc.property(completions, (completion) => {
        const { text, answer } = stream(completion);
        const events = readEvents(text);
        const whole = encodeResponse(completion, call);
        expect(answer).toEqual(JSON.parse(JSON.stringify(whole)));
        expect(events.at(-1)!.response).toEqual(answer);
        expect(rebuild(events)).toEqual((answer['output'] as JsonObject[]).map(summaryOf));
        const finished = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
        expect(finished).toEqual(answer['output']);
        expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
      }),
    );
  });

  it('is read by the dialect as the answer that it was', () => {
    fc.assert(
      fc.property(completions, (completion) => {
        const { message, finish_reason: finish } = completion.choices[0]!;
        const names = (text: string | undefined) => text?.replace('mcp__', '');
        for (const read of [
          openaiResponses.decodeResponse(encodeResponse(completion, call), context),
          foldStream([Buffer.from(stream(completion).text)]),
        ]) {
          const seen = read.choices[0]!;
          expect(seen.finish_reason).toBe(finish);
          expect(seen.message.content ?? '').toBe(message.content ?? '');
          expect(seen.message.reasoning_content).toBe(message.reasoning_content);
          expect(
            seen.message.tool_calls?.map(({ id, function: called }) => [id, called.name, called.arguments]),
          ).toEqual(message.tool_calls?.map(({ id, function: called }) => [id, names(called.name), called.arguments]));
          expect(read.usage).toMatchObject(usage);
        }
      }),
    );
  });

  it('comes back as the very turn that it was when its items are sent as input, reasoning state included', () => {
    fc.assert(
      fc.property(completions, (completion) => {
        const { role: _role, ...message } = completion.choices[0]!.message;
        const { output } = encodeResponse(completion, call);
        expect(decodeInput(JSON.parse(JSON.stringify(output)) as JsonObject[])).toEqual([
          { role: 'assistant', ...message },
        ]);
      }),
    );
  });
});
