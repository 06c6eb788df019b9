import { describe, expect, it } from '@jest/globals';
import type { Target } from '../dialect.ts';
import { decodeCountRequest, decodeRequest } from './door-request.ts';
import { encodeRequest } from './request.ts';

const target: Target = { provider: 'anthropic', upstreamModel: 'claude', capabilities: {}, maxOutputTokens: null };
const ask = (fields: object = {}) => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  ...fields,
});
const conversation = (...messages: object[]) => ask({ messages });
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' };

describe('a request of an Anthropic client', () => {
  it('becomes a hub request', () => {
    const body = ask({ temperature: 0.3, top_p: 0.9, top_k: 5, stop_sequences: ['END'], metadata: { user_id: 'u1' } });
    expect(decodeRequest(body)).toEqual({
      model: 'm',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.3,
      top_p: 0.9,
      top_k: 5,
      stop: ['END'],
      user: 'u1',
    });
  });

  it('asks for usage when it streams, since a message always tells it', () => {
    expect(decodeRequest(ask({ stream: true }))).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(decodeRequest(ask({ stream: false }))).not.toHaveProperty('stream_options');
  });

  it('has its instructions in one place, those from inside of the conversation included, and no billing note', () => {
    const { messages } = decodeRequest(
      ask({
        system: [
          { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1;' },
          { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
        ],
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: 'Now be kind.' },
        ],
      }),
    );
    expect(messages).toEqual([
      {
        role: 'system',
        content: [
          { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'Now be kind.' },
        ],
      },
      { role: 'user', content: 'Hi' },
    ]);
  });

  it('has images and documents as parts', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const link = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } };
    const pdf = {
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
    };
    const note = { type: 'document', title: 'Note', source: { type: 'text', media_type: 'text/plain', data: 'words' } };
    const { messages } = decodeRequest(conversation({ role: 'user', content: [image, link, pdf, note] }));
    expect(messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
      { type: 'text', text: 'Note\n' },
      { type: 'text', text: 'words' },
    ]);
  });

  it('has what is said about a document before it', () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: 'BBBB' };
    const content = [{ type: 'document', context: 'A draft.', source, cache_control: { type: 'ephemeral' } }];
    const { messages } = decodeRequest(conversation({ role: 'user', content }));
    expect(messages[0]?.content).toEqual([
      { type: 'text', text: 'A draft.\n' },
      {
        type: 'file',
        file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,BBBB' },
        cache_control: { type: 'ephemeral' },
      },
    ]);
  });

  it.each(['image', 'document'])('never names a file of Anthropic’s to others: %s', (type) => {
    const block = { type, source: { type: 'file', file_id: 'file_1' } };
    const { messages } = decodeRequest(conversation({ role: 'user', content: [block] }));
    expect(messages[0]?.content).toEqual([block]);
  });

  it('has only the tools that the model would see, and says which were loaded', () => {
    const tools = ['f', 'g', 'h'].map((name) => ({ name, input_schema: {}, defer_loading: name !== 'f' }));
    const loaded = [{ type: 'tool_reference', tool_name: 'g' }];
    const said = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [CALL] },
    ];
    const namesOf = (...messages: object[]) => {
      const request = decodeRequest(ask({ tools, messages: [...said, ...messages], tool_choice: { type: 'auto' } }));
      return [request.tools?.map((tool) => tool.type === 'function' && tool.function.name), request.messages.at(-1)];
    };
    expect(namesOf({ role: 'user', content: [RESULT] })[0]).toEqual(['f']);
    expect(namesOf({ role: 'user', content: [{ ...RESULT, content: loaded }] })).toEqual([
      ['f', 'g'],
      { role: 'tool', tool_call_id: 'toolu_1', content: 'Tool loaded: g\n' },
    ]);
  });

  it('may change its tools within the conversation, and say nothing with it', () => {
    const tools = [
      { name: 'f', input_schema: {} },
      { name: 'g', input_schema: {}, defer_loading: true },
    ];
    const reference = (type: string, name: string) => ({ type, tool: { type: 'tool_reference', name } });
    const definition = { type: 'tool_definition', definition: { name: 'new', input_schema: {} } };
    const change = [reference('tool_removal', 'f'), reference('tool_addition', 'g')];
    const said = { role: 'user', content: 'Hi' };
    const system = { role: 'system', content: [...change, { type: 'tool_addition', tool: definition }] };
    const { messages, tools: offered } = decodeRequest(ask({ tools, messages: [said, system, { role: 'system' }] }));
    expect(messages).toEqual([said]);
    expect(offered).toMatchObject([{ function: { name: 'g' } }, { function: { name: 'new' } }]);
  });

  it('says nothing of a free choice without tools', () => {
    const hidden = { name: 'f', input_schema: {}, defer_loading: true };
    for (const tools of [undefined, [], [hidden]]) {
      const request = decodeRequest(ask({ tools, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }));
      expect([request.tools, request.tool_choice, request.parallel_tool_calls]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('has calls and their results, which come before what the user says with them', () => {
    const { messages } = decodeRequest(
      conversation(
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'text', text: 'Wait.' }, CALL] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And now?' },
            { ...RESULT, is_error: true },
          ],
        },
      ),
    );
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'Wait.',
        tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: 'done', is_error: true },
      { role: 'user', content: 'And now?' },
    ]);
  });

  it.each([
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [{ type: 'none' }, { tool_choice: 'none' }],
    [{ type: 'tool', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
  ])('has the tool choice %j', (choice, expected) => {
    const tools = [{ name: 'f', description: 'd', input_schema: { type: 'object' }, strict: true }];
    expect(decodeRequest(ask({ tools, tool_choice: choice }))).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
      ],
      ...expected,
    });
  });

  it.each([
    [{ thinking: { type: 'adaptive' } }, { reasoning_effort: 'high' }],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, { reasoning_effort: 'low' }],
    [{ thinking: { type: 'disabled' } }, { reasoning_effort: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { reasoning_effort: 'low' }],
    [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, { reasoning_effort: 'medium' }],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, { reasoning_effort: 'high' }],
  ])('says how much to think: %j', (fields, expected) => {
    const request = decodeRequest(ask(fields));
    expect(request).toMatchObject(expected);
    expect(request).not.toHaveProperty('output_config');
  });

  it('keeps fields that the hub has no word for, so that a target can report them', () => {
    const edits = { edits: [{ type: 'clear_thinking_20251015' }] };
    const request = decodeRequest(ask({ context_management: edits, output_config: { task_budget: 5 }, new_field: 1 }));
    expect(request).toMatchObject({ context_management: edits, output_config: { task_budget: 5 }, new_field: 1 });
  });

  it('gives a user id that is too long for others another one of the same meaning', () => {
    const [first, again, other] = ['a', 'a', 'b'].map(
      (letter) => decodeRequest(ask({ metadata: { user_id: letter.repeat(100) } })).user,
    );
    expect(first).toHaveLength(64);
    expect(first).toBe(again);
    expect(first).not.toBe(other);
  });

  it('is never changed', () => {
    const body = ask({ system: 's', tools: [{ name: 'f', input_schema: {} }], output_config: { effort: 'low' } });
    const before = structuredClone(body);
    decodeRequest(body);
    expect(body).toEqual(before);
  });

  it('keeps its meaning on the way back into the format it came in', () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: 'c2ln' };
    const body = ask({
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'assistant',
          content: [thinking, { type: 'redacted_thinking', data: 'ZGF0YQ==' }, { type: 'text', text: 'Ok' }, CALL],
        },
        { role: 'user', content: [{ ...RESULT, content: [{ type: 'text', text: 'done' }] }] },
      ],
      tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 50 },
      stop_sequences: ['END'],
    });
    expect(encodeRequest(decodeRequest(body), target)).toEqual({ body: { ...body, model: 'claude' }, losses: [] });
  });

  it('may lack max_tokens when it is only counted', () => {
    expect(decodeCountRequest({ ...ask(), max_tokens: undefined })).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });
});
