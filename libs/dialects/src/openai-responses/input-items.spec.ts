import { describe, expect, it } from '@jest/globals';
import { listInputItems } from './input-items.ts';

const turn = (id: string, input: object[], output: object[] = []) => ({
  input: JSON.stringify(input),
  response: JSON.stringify({ id, output }),
});

describe('listInputItems', () => {
  it('gives the same ids whenever it is asked, and none of them twice', () => {
    const message = { type: 'message', id: 'msg_own', role: 'user', content: 'Hi' };
    const reasoning = { type: 'reasoning', summary: [], encrypted_content: 'x' };
    const foreign = { type: 'web_search_call', status: 'completed' };
    const first = turn('resp_1', [message, message], [{ ...message, id: 'msg_out', role: 'assistant' }]);
    const second = turn('resp_2', [reasoning, foreign]);
    const ids = listInputItems([first, second]).map(({ id }) => id);
    expect(ids).toEqual(['msg_own', 'msg_1_in1', 'msg_out', 'rs_2_in0', 'item_2_in1']);
    expect(listInputItems([first]).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('leaves what it does not know as it is', () => {
    const foreign = { type: 'web_search_call', id: 'ws_1', content: 'odd' };
    expect(listInputItems([turn('resp_1', [foreign])])).toEqual([foreign]);
  });
});
