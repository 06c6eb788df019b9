import { describe, expect, it } from '@jest/globals';
import { REPORTED_COST_NANO_USD } from '@parley/contracts';
import { withReportedCost } from './reported-cost.ts';

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const costOf = (fields: object): number | undefined =>
  withReportedCost({ ...usage, ...fields })[REPORTED_COST_NANO_USD];

describe('the cost that a provider names', () => {
  it.each<[name: string, fields: object, nanoUsd: number | undefined]>([
    ['US dollars', { cost: 0.00341475, is_byok: false }, 3_414_750],
    ['a free answer', { cost: 0 }, 0],
    [
      "a fee beside the customer's own key",
      { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: 0.00417 } },
      4_270_000,
    ],
    [
      'the same cost twice',
      { cost: 0.002, is_byok: false, cost_details: { upstream_inference_cost: 0.002 } },
      2_000_000,
    ],
    ["xAI's ticks", { cost_in_usd_ticks: 1_654_500 }, 165_450],
    ["xAI's ticks, rounded half up", { cost_in_usd_ticks: 15 }, 2],
    [
      "Perplexity's total",
      { cost: { input_tokens_cost: 0.00005, request_cost: 0.006, total_cost: 0.00614 } },
      6_140_000,
    ],
    ['no cost', {}, undefined],
    ['null', { cost: null }, undefined],
    ['text', { cost: '0.1' }, undefined],
    ['less than nothing', { cost: -1 }, undefined],
    ['more than can be counted', { cost: 1e30 }, undefined],
    ['no number', { cost: NaN }, undefined],
  ])('%s', (_name, fields, nanoUsd) => {
    expect(costOf(fields)).toBe(nanoUsd);
  });

  it('is in no JSON, and the usage that was given stays as it is', () => {
    const given = Object.freeze({ ...usage, cost: 0.1 });
    const counted = withReportedCost(given);
    expect(JSON.stringify(counted)).toBe(JSON.stringify(given));
    expect({ ...counted }[REPORTED_COST_NANO_USD]).toBe(100_000_000);
    expect(withReportedCost(usage)).toBe(usage);
  });
});
