import type { ChatRequest } from '@parley/contracts';
import type { Loss } from './dialect.ts';

/** Reports the fields of a request that a dialect does not write, and several choices where only one can be had. */
export function reportUnsent(request: ChatRequest, handled: ReadonlySet<string>, losses: Loss[]): void {
  if (typeof request.n === 'number' && request.n > 1) {
    losses.push({ param: 'n', action: 'refused', reason: 'only one choice per call is supported' });
  }
  for (const [param, value] of Object.entries(request)) {
    if (param === 'n' || handled.has(param) || !asksForSomething(param, value)) continue;
    losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
  }
}

/** Whether leaving the field out changes anything: many clients send every field with its default. */
function asksForSomething(param: string, value: unknown): boolean {
  if (param === 'service_tier') return typeof value === 'string' && value !== 'auto' && value !== 'default';
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
