import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { startUpstream, type Upstream } from './http/upstream.testing.ts';
import { deploymentAt, openClient, UNCOUNTED } from './invoke.testing.ts';

const client = openClient();
let upstream: Upstream;
afterEach(() => upstream.close());
afterAll(() => client.close());

describe('a conversation with tools that take free text', () => {
  it.each(['openai-compatible', 'anthropic-compatible', 'bedrock', 'cohere', 'google'])(
    'passes their calls on where they belong to the format, and is refused elsewhere: %s',
    async (provider) => {
      upstream = await startUpstream((response) => response.end(JSON.stringify(UNCOUNTED)));
      const call = { id: 'c', type: 'custom', custom: { name: 'shell', input: 'ls' } };
      const messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'a.txt' },
      ];
      const asked = client.ask(deploymentAt(upstream.url, provider), { fields: { messages } });
      if (provider === 'openai-compatible') {
        await asked;
        expect(JSON.parse(upstream.requests[0]!.body)).toMatchObject({ messages });
        return;
      }
      const details = { param: 'messages.1.tool_calls.0' };
      await expect(asked).rejects.toMatchObject({ code: 'unsupported_parameter', details });
      expect(upstream.requests).toEqual([]);
    },
  );
});
