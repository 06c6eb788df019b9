import { describe, expect, it } from '@jest/globals';
import { findMembers } from '../json-members.ts';
import { referredResponses, resolveReferences } from './references.ts';

const reference = (id: string) => ({ type: 'item_reference', id });
const bodyOf = (input: unknown) => {
  const value = { model: 'm', input, store: true };
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, members: findMembers(bytes), value };
};

describe('referredResponses', () => {
  it('names each response once whose items Parley named', () => {
    const input = [
      reference('rs_ab12_0'),
      reference('msg_ab12_1'),
      reference('fc_cd34_0'),
      { role: 'user', content: 'x' },
    ];
    expect(referredResponses({ input })).toEqual(['resp_ab12', 'resp_cd34']);
  });

  it.each([[{ input: 'text' }], [{ input: [reference('rs_68af03'), { id: 'rs_ab_0' }] }], [null], [{}]])(
    'finds none in %j',
    (body) => {
      expect(referredResponses(body)).toEqual([]);
    },
  );
});

describe('resolveReferences', () => {
  const response = JSON.stringify({
    output: [
      { type: 'reasoning', id: 'rs_ab_0', summary: [], encrypted_content: 'secret' },
      { type: 'reasoning', id: 'rs_ab_1', summary: [] },
      { type: 'function_call', id: 'fc_ab_2', call_id: 'c', name: 'f', arguments: '{}' },
    ],
  });

  it('puts items in the place of references to them, as input, and leaves alone what it does not find', () => {
    const user = { role: 'user', content: 'x' };
    const foreign = reference('rs_68af03');
    const result = { type: 'function_call_output', call_id: 'c', output: '1' };
    const own = ['rs_ab_0', 'rs_ab_1', 'fc_ab_2', 'fc_ab_7'].map(reference);
    const body = bodyOf([user, ...own, foreign, result]);
    const resolved = resolveReferences(body, [response]);
    const input = [
      user,
      { type: 'reasoning', id: 'rs_ab_0', summary: [], encrypted_content: 'secret' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      reference('fc_ab_7'),
      foreign,
      result,
    ];
    expect(resolved.value).toEqual({ model: 'm', input, store: true });
    expect(JSON.parse(resolved.bytes.toString())).toEqual(resolved.value);
    expect(resolved.members).toEqual(findMembers(resolved.bytes));
    expect(body).toEqual(bodyOf([user, ...own, foreign, result]));
  });
});
