import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatAnswerMessage } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { findMembers } from '../json-members.ts';
import { decodeRequest } from './door-request.ts';
import { encodeResponse } from './door-response.ts';
import { MessageStreamEncoder } from './door-stream.ts';
import { fold, readStream } from './fold.testing.ts';
import { isObject } from '../json-values.ts';
import { editRequest, MessagesRelay } from './relay.ts';
import { decodeResponse } from './response.ts';

const repositoryRoot = join(import.meta.dirname, '../../../..');
const directory = join(process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings'), 'anthropic');
const present = existsSync(directory);
if (!present) console.warn(`SKIPPED: no recordings at ${directory}; tests over recorded traffic do not run`);

const names = (ending: string): string[] =>
  (present ? readdirSync(directory) : []).filter((name) => name.startsWith('messages-') && name.endsWith(ending));
const read = (name: string): Buffer => readFileSync(join(directory, name));

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'claude', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};

/** The source of these kept several answers in one body, of which a connection carries the first. */
const firstAnswer = (body: Buffer): Buffer => {
  const second = body.indexOf('event: message_start', 1);
  return second < 0 ? body : body.subarray(0, second);
};

/** Web citations have no place without Anthropic's own encrypted index, and a refusal is told as text. */
function whatIsTold({ annotations: _annotations, ...message }: ChatAnswerMessage): ChatAnswerMessage {
  return message.refusal ? { ...message, content: message.refusal, refusal: null } : message;
}

describe('the recordings', () => {
  it('are read by these tests where they are present', () => {
    expect(names('.request.json').length > 20).toBe(present);
    expect(names('.response.sse').length > 10).toBe(present);
  });
});

(present ? describe : describe.skip)('a recorded stream', () => {
  it.each(names('.response.sse'))(
    '%s keeps its bytes in the relay, and its meaning when it is written anew',
    (name) => {
      const body = firstAnswer(read(name));
      const relay = new MessagesRelay(context);
      const pieces = [relay.push(body.subarray(0, 100)), relay.push(body.subarray(100))];
      const rest = relay.end(() => {
        throw new Error('the provider counted');
      });
      const relayed = Buffer.concat([...pieces, rest].filter((piece) => piece !== null));
      expect(relayed.toString().trimEnd()).toBe(body.toString().trimEnd());

      const chunks = readStream([body], context);
      const encoder = new MessageStreamEncoder();
      const written = chunks.map((chunk) => encoder.encode(chunk)).join('') + encoder.finish();
      expect(fold(readStream([Buffer.from(written)], context)).choices[0]!.message).toEqual(
        whatIsTold(fold(chunks).choices[0]!.message),
      );
    },
  );
});

(present ? describe : describe.skip)('a recorded answer', () => {
  const whole = names('.response.json').filter((name) => !name.includes('-err'));
  it.each(whole)('%s keeps its meaning when it is written anew', (name) => {
    const completion = decodeResponse(JSON.parse(read(name).toString()), context);
    const [{ message, ...choice }, usage] = [completion.choices[0]!, completion.usage];
    const again = decodeResponse(encodeResponse(completion), context);
    expect(again.choices[0]).toEqual({ ...choice, message: whatIsTold(message) });
    const { server_tool_use: _searches, ...counts } = usage!;
    expect(again.usage).toEqual(counts);
  });
});

(present ? describe : describe.skip)('a recorded request', () => {
  it.each(names('.request.json').filter((name) => !name.includes('-err')))(
    '%s is taken and relayed with the model’s name changed alone',
    (name) => {
      const bytes = read(name);
      const body: unknown = JSON.parse(bytes.toString());
      if (!isObject(body) || body['messages'] === undefined) return;
      const source = { bytes, members: findMembers(bytes), body, request: decodeRequest(body) };
      const edited = editRequest(source, context.target);
      expect(JSON.parse(edited.bytes.toString())).toEqual({ ...body, model: 'claude' });
      expect(edited.losses).toEqual([]);
    },
  );
});
