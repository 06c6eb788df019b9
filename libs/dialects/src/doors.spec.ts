import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatMessage, ChatRequest, ReasoningDetail } from '@parley/contracts';
import fc from 'fast-check';
import { messagesDoor } from './anthropic-messages/door.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { AnswerContext, Dialect } from './dialect.ts';
import type { Door } from './door.ts';
import { answerContext, foldChunks, readStream } from './fold.testing.ts';
import { openGeminiDoor } from './gemini-generate-content/door.ts';
import { geminiGenerateContent } from './gemini-generate-content/index.ts';
import { findMembers } from './json-members.ts';
import type { JsonObject } from './json-values.ts';
import { chatDoor } from './openai-chat/door.ts';
import { openaiChat } from './openai-chat/index.ts';
import { chunksOf, completions } from './openai-responses/door.testing.ts';
import { responsesDoor } from './openai-responses/door.ts';
import { openaiResponses } from './openai-responses/index.ts';

const context: AnswerContext = {
  ...answerContext,
  target: { ...answerContext.target, maxOutputTokens: 1000, capabilities: { json_schema: true } },
};
const { target } = context;

type Case = {
  door: Door;
  dialect: Dialect;
  /** A good request. */
  good: JsonObject;
  /** What a client sends back of an answer in its next request. */
  goOn: (answer: JsonObject) => JsonObject;
};

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
const shown = { contents, generationConfig: { thinkingConfig: { includeThoughts: true } } };
const messages = [{ role: 'user', content: 'Hi' }];

const CASES: Case[] = [
  {
    door: chatDoor,
    dialect: openaiChat,
    good: { model: 'm', messages },
    goOn: ({ choices }) => ({ model: 'm', messages: [...messages, (choices as JsonObject[])[0]!['message']] }),
  },
  {
    door: responsesDoor,
    dialect: openaiResponses,
    good: { model: 'm', input: 'Hi' },
    goOn: ({ output }) => ({ model: 'm', input: [...messages, ...(output as JsonObject[])] }),
  },
  {
    door: messagesDoor,
    dialect: anthropicMessages,
    good: { model: 'm', max_tokens: 9, messages },
    goOn: ({ content }) => ({ model: 'm', max_tokens: 9, messages: [...messages, { role: 'assistant', content }] }),
  },
  {
    door: openGeminiDoor(shown, { model: 'm', stream: 'events' }).door,
    dialect: geminiGenerateContent,
    good: { contents },
    goOn: ({ candidates }) => ({ contents: [...contents, (candidates as JsonObject[])[0]!['content']] }),
  },
];

const words = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text.trim() !== '');
const picture = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

const said = fc.oneof(
  words,
  fc
    .tuple(words, words)
    .map(([first, second]) => [
      { type: 'text' as const, text: first },
      picture,
      { type: 'text' as const, text: second },
    ]),
);

/** A question and its answer, with calls and their results or without. */
const turn = fc
  .record({ asked: said, answered: words, cities: fc.array(words, { maxLength: 2 }), results: fc.tuple(words, words) })
  .map(({ asked, answered, cities, results }) => (index: number): ChatMessage[] => {
    const calls = cities.map((city, at) => ({
      id: `call_${index}_${at}`,
      type: 'function' as const,
      function: { name: 'weather', arguments: JSON.stringify({ city }) },
    }));
    return [
      { role: 'user', content: asked },
      ...(calls.length > 0 ? [{ role: 'assistant' as const, content: null, tool_calls: calls }] : []),
      ...calls.map(({ id }, at) => ({ role: 'tool' as const, tool_call_id: id, content: results[at]! })),
      { role: 'assistant', content: answered },
    ];
  });

const settings = fc.record(
  {
    temperature: fc.constantFrom(0, 0.5, 1),
    max_completion_tokens: fc.integer({ min: 1, max: 1000 }),
    tool_choice: fc.constantFrom<ChatRequest['tool_choice']>('auto', 'required', 'none', {
      type: 'function',
      function: { name: 'weather' },
    }),
    response_format: fc.constant<ChatRequest['response_format']>({
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
      },
    }),
    stream: fc.boolean(),
  },
  { requiredKeys: [] },
);

const requests = fc
  .record({ system: fc.option(words), turns: fc.array(turn, { maxLength: 2 }), last: said, fields: settings })
  .map(({ system, turns, last, fields }): ChatRequest => ({
    model: 'm',
    messages: [
      ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
      ...turns.flatMap((write, index) => write(index)),
      { role: 'user', content: last },
    ],
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }],
    ...fields,
  }));

/** What an answer means, whatever its format adds. */
function meaningOf({ choices: [choice], usage }: ChatCompletion): object {
  const { message, finish_reason: finish } = choice!;
  return {
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => [
      id,
      name,
      JSON.parse(text),
    ]),
    finish,
    usage: [usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens],
  };
}

/** State is told apart from readable reasoning in the doors' own specs. */
const plainCompletions = completions.map((completion) => {
  const [choice] = completion.choices;
  const { reasoning_details: _details, ...message } = choice!.message;
  return { ...completion, choices: [{ ...choice!, message }] };
});

/** As a vendor gives it: state of one format, and of a call that is there one piece, in the order of the calls. */
const statefulCompletions = completions.map((completion) => {
  const [choice] = completion.choices;
  const { reasoning_details: details = [], tool_calls: calls = [], ...message } = choice!.message;
  const ofCalls = calls.flatMap(({ id }) => details.find((detail) => detail.id === id) ?? []);
  const ofTurn = details.filter(({ id }) => id === undefined);
  const state = ofTurn.length > 0 ? ofTurn : ofCalls;
  const said = { ...message, ...(state.length > 0 && { reasoning_details: state }), tool_calls: calls };
  return { ...completion, choices: [{ ...choice!, message: said }] };
});

/** Where a block stood is for the vendor's own dialect to say. */
const withoutPlace = ({ index: _index, ...detail }: ReasoningDetail): ReasoningDetail => detail;

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const call = { body: {}, answerId: 'a', created: 1 };

const cut = (bytes: Buffer, places: number[]): Buffer[] => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

describe.each(CASES)('the door of $dialect.id', ({ door, dialect, good, goOn }) => {
  const streamOf = (completion: ChatCompletion): string => {
    const encoder = door.openStreamEncoder(call);
    return (
      chunksOf(completion)
        .map((chunk) => encoder.encode(chunk))
        .join('') + encoder.finish()
    );
  };

  it('reads a request so that its own dialect writes the same again', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { body } = dialect.encodeRequest(request, target);
        const sent = json(body);
        const read = door.decodeRequest({ model: 'm', ...(sent as JsonObject) });
        const again = dialect.encodeRequest({ ...read, ...(request.stream && { stream: true }) }, target);
        expect(json(again.body)).toEqual(sent);
      }),
    );
  });

  it('writes an answer so that its own dialect reads what was meant', () => {
    fc.assert(
      fc.property(plainCompletions, (completion) => {
        const read = dialect.decodeResponse(json(door.encodeResponse(completion, call)), context);
        expect(meaningOf(read)).toEqual(meaningOf(completion));
      }),
    );
  });

  it('gets reasoning state back as it gave it, with what was said and called', () => {
    fc.assert(
      fc.property(statefulCompletions, (completion) => {
        const { message } = completion.choices[0]!;
        const answer = json(door.encodeResponse(completion, call)) as JsonObject;
        const turns = door.decodeRequest(goOn(answer)).messages.slice(1);
        expect(turns).toHaveLength(1);
        const [{ content, tool_calls: calls = [], reasoning_details: details = [] }] = turns as [ChatMessage];
        expect([content ?? '', calls?.map(({ id }) => id), details?.map(withoutPlace)]).toEqual([
          message.content ?? '',
          message.tool_calls.map(({ id }) => id),
          (message.reasoning_details ?? []).map(withoutPlace),
        ]);
      }),
    );
  });

  it('writes a stream so that its own dialect reads the whole answer', () => {
    fc.assert(
      fc.property(plainCompletions, (completion) => {
        const chunks = readStream(dialect, [Buffer.from(streamOf(completion))]);
        expect(meaningOf(foldChunks(chunks))).toEqual(meaningOf(completion));
      }),
    );
  });

  it('relays the bytes of such a stream, wherever they are cut', () => {
    fc.assert(
      fc.property(plainCompletions, fc.array(fc.nat(), { maxLength: 8 }), (completion, places) => {
        const bytes = Buffer.from(streamOf(completion));
        const relay = door.relay.openStream(context, { includeUsage: true, asked: undefined });
        const seen: Buffer[] = [];
        for (const piece of cut(bytes, places)) if (!relay.facts.done) seen.push(relay.push(piece) ?? Buffer.alloc(0));
        const { usage } = completion;
        seen.push(relay.end(() => usage!) ?? Buffer.alloc(0));
        expect(Buffer.concat(seen).toString()).toBe(bytes.toString());
        expect(relay.facts.usage).toMatchObject({ prompt_tokens: usage!.prompt_tokens });
      }),
    );
  });

  it('relays a request with every byte but the model’s name, whatever else stands in it', () => {
    const names = fc.string({ minLength: 1, maxLength: 8 }).map((name) => `x_${name}`);
    const unknown = fc.dictionary(names, fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(unknown, fc.boolean(), fc.constantFrom('', ' ', '\n  ', '\t'), (fields, isFirst, space) => {
        const body = isFirst ? { ...fields, ...good } : { ...good, ...fields };
        const text = JSON.stringify(body, null, space);
        const bytes = Buffer.from(text);
        const parsed: unknown = JSON.parse(text);
        const source = { bytes, members: findMembers(bytes), body: parsed, request: door.decodeRequest(parsed) };
        const edited = door.relay.editRequest(source, target).bytes.toString();
        const model = source.members.get('model');
        const name = JSON.stringify(target.upstreamModel);
        const expected = model
          ? Buffer.concat([bytes.subarray(0, model.valueStart), Buffer.from(name), bytes.subarray(model.valueEnd)])
          : bytes;
        expect(edited).toBe(expected.toString());
      }),
    );
  });
});
