import { describe, expect, it } from '@jest/globals';
import { lossesInHub } from './door-losses.ts';

const lossesOf = (body: object) => lossesInHub(body).map(({ param, action }) => `${param}=${action}`);

describe('what a request for another provider loses', () => {
  it('must not be a thread, whose earlier messages nobody else knows', () => {
    expect(lossesOf({ thread: { type: 'create' } })).toEqual(['thread=refused']);
    expect([lossesOf({ thread: null }), lossesOf({})]).toEqual([[], []]);
  });

  it('is told of tools', () => {
    const plain = { name: 'f', input_schema: {}, eager_input_streaming: true };
    expect(lossesOf({ tools: [plain, { ...plain, input_examples: [{}] }] })).toEqual([
      'tools.1.input_examples=dropped',
    ]);
  });

  it('is told of citations and of the work of tools that only Anthropic has', () => {
    const document = { type: 'document', source: { type: 'text', data: 'words' } };
    const messages = [
      { role: 'user', content: [{ ...document, citations: { enabled: true } }, document] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
          { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
          { type: 'text', text: 'Hi', citations: [{ type: 'char_location' }] },
        ],
      },
      { role: 'user', content: 'Go on' },
    ];
    expect(lossesOf({ messages })).toEqual(['messages.0.content.0.citations=dropped', 'messages.1.content.1=dropped']);
  });
});
