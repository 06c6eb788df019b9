import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { encodeSampling } from './sampling.ts';

function encode(fields: Partial<ChatRequest>, thinks = false, capabilities: Target['capabilities'] = {}) {
  const losses: Loss[] = [];
  const target = { provider: 'anthropic', upstreamModel: 'claude', capabilities, maxOutputTokens: null };
  const body = encodeSampling({ model: 'm', messages: [], ...fields }, target, thinks, losses);
  return { body, losses: losses.map(({ param, action }) => `${param} ${action}`) };
}

describe('encodeSampling', () => {
  it.each([
    [{ temperature: 0 }, { temperature: 0 }, []],
    [{ temperature: null, top_p: null, top_k: null }, {}, []],
    [{ temperature: 1.7 }, { temperature: 1 }, ['temperature emulated']],
    [{ top_p: 0.5, top_k: 4 }, { top_p: 0.5, top_k: 4 }, []],
    [{ temperature: 0.2, top_p: 0.5 }, { temperature: 0.2, top_p: 0.5 }, []],
  ])('writes %j', (fields, body, losses) => {
    expect(encode(fields)).toEqual({ body, losses });
  });

  it.each([
    [{ temperature: 0.2, top_p: 0.5 }, { temperature: 0.2 }, ['top_p dropped']],
    [{ temperature: 0.2, top_p: 1 }, { temperature: 0.2 }, []],
    [{ temperature: 1, top_p: 0.5 }, { top_p: 0.5 }, []],
  ])('writes %j for a model that refuses temperature and top_p together', (fields, body, losses) => {
    expect(encode(fields, false, { temperature_with_top_p: false })).toEqual({ body, losses });
  });

  it.each([
    [{ temperature: 1, top_p: 1 }, {}, []],
    [{ temperature: 0, top_p: 0.9, top_k: 4 }, {}, ['temperature dropped', 'top_p dropped', 'top_k dropped']],
    [{ top_p: 0.97 }, { top_p: 0.97 }, []],
  ])('keeps what goes together with thinking of %j', (fields, body, losses) => {
    expect(encode(fields, true)).toEqual({ body, losses });
  });

  it('sends nothing to a model that refuses sampling parameters', () => {
    const fields = { temperature: 0, top_p: 0.97, top_k: 4 };
    const losses = ['temperature dropped', 'top_p dropped', 'top_k dropped'];
    expect(encode(fields, false, { sampling: false })).toEqual({ body: {}, losses });
    expect(encode(fields, true, { sampling: false })).toEqual({ body: {}, losses });
    expect(encode({ temperature: 1, top_p: 1 }, false, { sampling: false })).toEqual({ body: {}, losses: [] });
  });
});
