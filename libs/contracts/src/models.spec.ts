import { describe, expect, it } from '@jest/globals';
import { pricingSchema } from './models.ts';

const accepts = (pricing: unknown): boolean => pricingSchema.safeParse(pricing).success;

describe('a pricing', () => {
  it.each([
    {},
    { input: '1', output: null },
    { input: '1', tiers: [] },
    {
      tiers: [
        { above_input_tokens: 200_000, input: '2' },
        { above_input_tokens: 1, output: null },
      ],
    },
    { hours: [{ from: '16:30', to: '00:30', input: '1', tiers: [{ above_input_tokens: 5 }] }] },
  ])('may be %j', (pricing) => {
    expect(accepts(pricing)).toBe(true);
  });

  it.each([
    { input: 1 },
    { input: '-1' },
    { tiers: [{ input: '2' }] },
    { tiers: [{ above_input_tokens: 0 }] },
    { tiers: [{ above_input_tokens: 5, request: '1' }] },
    { tiers: [{ above_input_tokens: 5 }, { above_input_tokens: 5 }] },
    { hours: [{ from: '24:00', to: '01:00' }] },
    { hours: [{ from: '1:00', to: '02:00' }] },
    { hours: [{ from: '01:00', to: '02:00', hours: [] }] },
  ])('may not be %j', (pricing) => {
    expect(accepts(pricing)).toBe(false);
  });
});
