/** A plain decimal, never an exponent, at most nine places. */
export const toDecimal = (value: number): string => value.toFixed(9).replace(/\.?0+$/, '');

/** Dollars per million tokens from dollars per token, a number or a text; undefined: there is no such price. */
export function perMillion(perToken: unknown): string | undefined {
  const isGiven = typeof perToken === 'number' || (typeof perToken === 'string' && perToken.trim() !== '');
  const price = isGiven ? Number(perToken) * 1e6 : NaN;
  return price >= 0 && price < 1e9 ? toDecimal(price) : undefined;
}
