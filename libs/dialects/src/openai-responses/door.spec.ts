import { describe, expect, it } from '@jest/globals';
import type { Target } from '../dialect.ts';
import type { SourceRequest } from '../door.ts';
import { findMembers } from '../json-members.ts';
import { inputText, readMemory, recallTurns } from './conversation.ts';
import { packDetails } from './door-reasoning.ts';
import { decodeResponsesRequest } from './door-request.ts';
import { responsesDoor } from './door.ts';
import { readEvents } from './door.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { context } from './stream.testing.ts';

const target: Target = { provider: 'openai', upstreamModel: 'theirs', capabilities: {}, maxOutputTokens: null };

function sourceOf(text: string): SourceRequest & { value: unknown } {
  const bytes = Buffer.from(text);
  const body: unknown = JSON.parse(text);
  return { bytes, members: findMembers(bytes), body, value: body, request: decodeResponsesRequest(body) };
}

const edited = (text: string, fields: Partial<Target> = {}): string =>
  responsesDoor.relay.editRequest(sourceOf(text), { ...target, ...fields }).bytes.toString();

describe('the relay of a request', () => {
  it('keeps every byte but the model’s name', () => {
    const text =
      '{ "model" : "mine",\n "input":"\\u0041", "temperature":1.0,\n"tools":[ {"type":"web_search"} ], "x": 1e2 }';
    expect(edited(text)).toBe(text.replace('mine', 'theirs'));
  });

  it('takes out what speaks to the gateway, and makes the provider’s edits', () => {
    const text = '{"model":"m","input":"Hi","models":["a"],"provider":{},"store":true}';
    expect(edited(text, { bodyEdits: { store: undefined, api: 'v2' } })).toBe(
      '{"api":"v2","model":"theirs","input":"Hi"}',
    );
    expect(edited(text, { quirks: { passed: ['models', 'provider'] } })).toBe(text.replace('"m"', '"theirs"'));
  });

  it('takes out reasoning that only this gateway can read, and no other', () => {
    const own = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: packDetails([]) };
    const theirs = { ...own, encrypted_content: 'gAAAA' };
    const user = { role: 'user', content: 'Hi' };
    const body = JSON.parse(edited(JSON.stringify({ model: 'm', input: [user, own, theirs] }))) as JsonObject;
    expect(body['input']).toEqual([user, theirs]);
  });

  it('asks for reasoning state where the answer is to be stored and the model reasons', () => {
    const include = (fields: object, reasoning?: 'effort' | 'none') =>
      (
        JSON.parse(
          edited(JSON.stringify({ model: 'm', input: 'Hi', ...fields }), {
            capabilities: reasoning ? { reasoning } : {},
          }),
        ) as JsonObject
      )['include'];
    expect(include({}, 'effort')).toEqual(['reasoning.encrypted_content']);
    expect(include({ include: ['a'] }, 'effort')).toEqual(['a', 'reasoning.encrypted_content']);
    expect(include({ store: false }, 'effort')).toBeUndefined();
    expect(include({}, 'none')).toBeUndefined();
    expect(include({})).toBeUndefined();
  });

  it('passes a whole answer as it is, if it is one', () => {
    const response = { id: 'resp_1', object: 'response', status: 'completed', output: [], odd: true };
    const read = (body: object, asked: object = {}) => responsesDoor.relay.readResponse(body, context, asked);
    expect(read(response)).toMatchObject({ faithful: true });
    expect(read(response)).not.toHaveProperty('edit');
    expect(read({ ...response, id: '' }).faithful).toBe(false);
    const text = '{ "id": "resp_1", "temperature": 1.0, "output": [], "previous_response_id": null }';
    const goneOn = read({ ...response, previous_response_id: null }, { previous_response_id: 'resp_0' });
    expect(goneOn.edit!(Buffer.from(text)).toString()).toBe(text.replace('null', '"resp_0"'));
  });
});

describe('a failure before any response was named', () => {
  it('is a failed response that was named first, with the request’s id and settings', () => {
    const error = { code: 'overloaded', type: 'server_error', message: 'Busy.', request_id: 'req_abc' };
    const body = { model: 'm', input: 'Hi', metadata: { a: 'b' } };
    const events = readEvents(
      responsesDoor.encodeStreamFailure({ error }, false, { body, answerId: 'abc', created: 7 }),
    );
    const named = { id: 'resp_abc', model: 'm', created_at: 7, metadata: { a: 'b' } };
    expect(events).toMatchObject([
      { type: 'response.created', sequence_number: 0, response: { ...named, status: 'in_progress' } },
      { type: 'response.in_progress', sequence_number: 1, response: { ...named, status: 'in_progress' } },
      {
        type: 'response.failed',
        sequence_number: 2,
        response: { ...named, status: 'failed', error: { message: 'Busy.' }, usage: { total_tokens: 0 } },
      },
    ]);
  });
});

describe('recallTurns', () => {
  const output = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const refusal = { type: 'refusal', refusal: 'No.' };
  const turn = {
    input: '[{"role":"user","content":"One \\u00e9"}]',
    response: JSON.stringify({
      output: [
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'secret' },
        { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [output('Two '), output('é')],
        },
        { type: 'message', id: 'msg_2', role: 'assistant', status: 'completed', content: [refusal] },
      ],
    }),
  };

  it('puts earlier turns before the input: without ids of what one provider keeps, with state that any call carries', () => {
    const own = '{"type":"function_call_output","call_id":"c",  "output":"\\u00fc"}';
    const text = `{"model":"m","previous_response_id":"resp_1","input":[ ${own} ]}`;
    const bytes = Buffer.from(text);
    const body = { bytes, members: findMembers(bytes), value: JSON.parse(text) as unknown };
    const recalled = recallTurns(body, [turn]);
    const sent = recalled.bytes.toString();
    expect(sent).toContain('{"role":"user","content":"One \\u00e9"}');
    expect(sent).toContain(own);
    const { input } = JSON.parse(sent) as JsonObject;
    expect(input).toEqual([
      { role: 'user', content: 'One é' },
      { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'secret' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'message', role: 'assistant', content: 'Two é' },
      { type: 'message', role: 'assistant', status: 'completed', content: [refusal] },
      { type: 'function_call_output', call_id: 'c', output: 'ü' },
    ]);
    expect(recalled.value).toMatchObject({ input });
    const { messages } = decodeResponsesRequest(recalled.value);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    const source = { ...recalled, body: recalled.value, request: decodeResponsesRequest(recalled.value) };
    expect(responsesDoor.relay.editRequest(source, target).bytes.toString()).not.toContain('previous_response_id');
  });

  it('takes a text for a message of the user, and no input for none', () => {
    expect(inputText(sourceOf('{"model":"m","input":"H\\u0069"}'))).toBe('[{"role":"user","content":"H\\u0069"}]');
    const bytes = Buffer.from('{"model":"m"}');
    const recalled = recallTurns({ bytes, members: findMembers(bytes), value: { model: 'm' } }, [turn]);
    expect((JSON.parse(recalled.bytes.toString()) as { input: unknown[] }).input).toHaveLength(6);
  });
});

describe('readMemory', () => {
  it('stores unless told not to', () => {
    expect(readMemory({})).toEqual({ previousId: undefined, store: 'by default' });
    expect(readMemory({ store: true, previous_response_id: 'resp_1' })).toEqual({
      previousId: 'resp_1',
      store: 'asked',
    });
    expect(readMemory({ store: false }).store).toBe('no');
    expect(readMemory([]).store).toBe('no');
  });
});
