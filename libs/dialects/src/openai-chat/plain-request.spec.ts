import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import type { Target } from '../dialect.ts';
import type { ChatQuirks } from './quirks.ts';
import { encodeRequest } from './request.ts';

const mark = { cache_control: { type: 'ephemeral' as const } };
const TOOL = { type: 'function' as const, function: { name: 'f' } };
const CALL = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };

function encode(fields: Partial<ChatRequest>, quirks?: ChatQuirks) {
  const target: Target = { provider: 'p', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null };
  const request: ChatRequest = { model: 'x', messages: [{ role: 'user', content: 'Hi' }], ...fields };
  const before = structuredClone(request);
  const { body, losses } = encodeRequest(request, quirks ? { ...target, quirks } : target);
  expect(request).toEqual(before);
  return { body: body as ChatRequest, losses: losses.map(({ param, action }) => `${param}=${action}`) };
}

describe('a request from another format’s door', () => {
  it('goes without Anthropic’s fields, which are reported', () => {
    const fields = { thinking: { type: 'enabled', budget_tokens: 1 }, context_management: {}, top_k: 5, seed: 1 };
    const { body, losses } = encode({ ...fields, cache_control: { type: 'ephemeral' } });
    expect(body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], seed: 1 });
    expect(losses).toEqual(['context_management=dropped', 'thinking=dropped', 'top_k=dropped']);
  });

  it.each(['billing_policy', 'compaction', 'fallback_credit_token', 'fallbacks', 'user_profile_id', 'workspace_id'])(
    'goes without %s, which is reported',
    (field) => {
      const { body, losses } = encode({ [field]: { a: 1 } });
      expect(body).not.toHaveProperty(field);
      expect(losses).toEqual([`${field}=dropped`]);
    },
  );

  it('keeps marks and top_k for those who know them', () => {
    const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi', ...mark }] }];
    const fields = { messages, tools: [{ ...TOOL, ...mark }], top_k: 5 };
    expect(encode(fields, { knows: ['cache_control', 'top_k'] })).toEqual({
      body: { ...fields, model: 'm' },
      losses: [],
    });
    expect(encode(fields)).toEqual({
      body: { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }], tools: [TOOL] },
      losses: ['top_k=dropped'],
    });
  });

  it('keeps reasoning state for those who gave it', () => {
    const state = [{ type: 'reasoning.encrypted' as const, data: 'x', format: 'unknown' as const }];
    const messages = [{ role: 'assistant' as const, content: 'a', reasoning_content: 'hm', reasoning_details: state }];
    expect(encode({ messages }, { knows: ['reasoning_details'] }).body.messages).toEqual(messages);
    expect(encode({ messages }).body.messages).toEqual([{ role: 'assistant', content: 'a', reasoning_content: 'hm' }]);
  });

  it('has what instructions, answers and tools say as text', () => {
    const parts = (...texts: string[]) => texts.map((text) => ({ type: 'text' as const, text, ...mark }));
    const { body } = encode({
      messages: [
        { role: 'system', content: parts('a', 'b') },
        { role: 'user', content: parts('c', 'd') },
        { role: 'assistant', content: parts('e', 'f'), tool_calls: [CALL] },
        { role: 'tool', tool_call_id: 'c1', content: parts('g', 'h'), is_error: true },
      ],
    });
    expect(body.messages).toEqual([
      { role: 'system', content: 'a\n\nb' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: 'd' },
        ],
      },
      { role: 'assistant', content: 'ef', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'c1', content: 'g\nh' },
    ]);
  });

  it('shows the images of tools behind all results', () => {
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA' } };
    const { body, losses } = encode({
      messages: [
        { role: 'assistant', content: null, tool_calls: [CALL, { ...CALL, id: 'c2' }] },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'seen' }, image] },
        { role: 'tool', tool_call_id: 'c2', content: 'done' },
        { role: 'user', content: 'And?' },
      ],
    });
    expect(body.messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'c1', content: 'seen' },
      { role: 'tool', tool_call_id: 'c2', content: 'done' },
      { role: 'user', content: [{ type: 'text', text: 'Shown by the tool call c1:' }, image] },
      { role: 'user', content: 'And?' },
    ]);
    expect(losses).toEqual(['messages.1.content=emulated']);
  });

  it('is refused where a part or a tool cannot be told', () => {
    const { losses } = encode({
      messages: [{ role: 'user', content: [{ type: 'container_upload' } as never] }],
      tools: [{ type: 'web_search_20250305', name: 'web_search' } as never],
    });
    expect(losses).toEqual(['messages.0.content.0=refused', 'tools.0=refused']);
  });
});
