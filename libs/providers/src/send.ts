import type { Dispatcher, Pool } from 'undici';
import type { Authorize } from './auth/authorize.ts';
import type { Exchange } from './http/exchange.ts';

/** A request to a provider that is ready but for the headers that are made for each call. */
export type Call = {
  origin: string;
  path: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: Buffer | string;
  /** How long the provider may stay silent, in milliseconds. */
  headersTimeout: number;
  bodyTimeout: number;
};

/**
 * Sends a call, once it is authorized where that takes something made for it. What goes wrong on the way, the
 * authorization included, the exchange's listener hears.
 */
export function send(
  pool: Pool,
  call: Call,
  authorize: Authorize | undefined,
  exchange: Exchange,
  signal: AbortSignal,
): void {
  if (!authorize) return dispatch(pool, call, call.headers, exchange);
  void authorizeCall(call, authorize, signal).then(
    (headers) => dispatch(pool, call, { ...call.headers, ...headers }, exchange),
    (error: unknown) => exchange.fail(error),
  );
}

/** Async, so that what an authorization throws at once is a rejection too. */
async function authorizeCall(call: Call, authorize: Authorize, signal: AbortSignal): Promise<Record<string, string>> {
  const { method, origin, path, headers, body } = call;
  return authorize({ method, origin, path, headers, body }, signal);
}

type Ready = { pool: Pool; options: Dispatcher.DispatchOptions; exchange: Exchange };

let ready: Ready[] = [];

/**
 * Puts calls on the wire at the end of the event loop's turn, one right after the other: a write that wakes a sleeping
 * peer is dear, and those that follow at once find it awake. Without load the turn ends at once, so nobody waits.
 */
function dispatch(pool: Pool, call: Call, headers: Record<string, string>, exchange: Exchange): void {
  const { path, method, body, headersTimeout, bodyTimeout } = call;
  const options: Dispatcher.DispatchOptions = { path, method, headers, headersTimeout, bodyTimeout };
  ready.push({ pool, options: body === undefined ? options : { ...options, body }, exchange });
  if (ready.length === 1) setImmediate(dispatchAll);
}

function dispatchAll(): void {
  const calls = ready;
  ready = [];
  for (const { pool, options, exchange } of calls) {
    try {
      pool.dispatch(options, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }
}
