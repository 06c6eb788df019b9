import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from './answer.ts';
import type { Ask } from './ask.ts';
import { readBody } from './body.ts';
import { cutConnection, pause, takeDeltas, waitForever, writeFrames } from './delivery.ts';
import type { JournalEntry } from './journal.ts';
import { isObject, type JsonObject } from './json.ts';
import { markersOf, type Plan, planAnswer } from './script.ts';
import type { Route, Vendor } from './vendor.ts';
import { WireError } from './wire-error.ts';

/** One request on its way through the simulator. */
export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  vendor: Vendor;
  entry: JournalEntry;
  serial: string;
  /** Requests seen so far by each key of `flaky`. */
  failures: Map<string, number>;
  /** The simulator broke the connection itself, as `cut` asks: no abort by the client. */
  isCut: boolean;
};

const JSON_TYPE = 'application/json; charset=utf-8';

/** Reads a request for an answer, plans the answer and delivers it. Throws a WireError until the answer has begun. */
export async function generate(exchange: Exchange, route: Route & { kind: 'generate' }): Promise<void> {
  const { request, vendor, entry, serial, failures } = exchange;
  const ask = vendor.readRequest(parseBody(await readBody(request), vendor), request.headers, route);
  entry.model = ask.model;
  entry.stream = ask.stream;
  entry.roles = ask.roles;
  if (ask.model.includes('missing')) throw vendor.describeMissingModel(ask.model, route);
  const markers = markersOf(ask);
  entry.markers = markers.map((marker) => marker.name);
  await deliver(exchange, ask, planAnswer(ask, markers, serial, failures));
}

export function parseBody(text: string, vendor: Vendor): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw vendor.describeBadJson();
  }
  if (!isObject(body)) throw vendor.describeBadJson();
  return body;
}

async function deliver(exchange: Exchange, ask: Ask, plan: Plan): Promise<void> {
  const { response, vendor, serial } = exchange;
  if (plan.hangs) return waitForever(response);
  if (plan.delayMs > 0) await pause(response, plan.delayMs);
  if (response.destroyed) return;
  if (plan.failure) {
    const { status, retryAfterSeconds } = plan.failure;
    throw new WireError(status, vendor.describeStatus(status), { retryAfterSeconds });
  }
  const identity = { serial, createdSeconds: Math.floor(Date.now() / 1000) };
  if (ask.stream) await deliverStream(exchange, ask, plan, identity);
  else deliverWhole(exchange, ask, plan, identity);
}

function deliverWhole(exchange: Exchange, ask: Ask, plan: Plan, identity: Identity): void {
  const { response, vendor } = exchange;
  if (plan.interruption?.kind === 'fail') throw new WireError(500, vendor.describeStatus(500));
  const body = vendor.writeWhole(ask, plan.answer, identity);
  if (plan.interruption?.kind !== 'cut') {
    sendJson(exchange, 200, body);
    return;
  }
  sendHead(exchange, 200, { 'content-type': JSON_TYPE, 'content-length': String(Buffer.byteLength(body)) });
  response.write(body.slice(0, body.length / 2));
  exchange.isCut = true;
  cutConnection(response);
}

async function deliverStream(exchange: Exchange, ask: Ask, plan: Plan, identity: Identity): Promise<void> {
  const { response, vendor } = exchange;
  const { interruption } = plan;
  const { streamEncoding: encoding = 'utf8' } = vendor;
  const all = vendor.writeStream(ask, plan.answer, identity);
  const frames = interruption ? takeDeltas(all, interruption.afterDeltas) : all;
  sendHead(exchange, 200, { 'content-type': vendor.streamContentType(ask), 'cache-control': 'no-cache' });
  const rest = await writeFrames(response, frames, plan.gapMs, encoding);
  if (response.destroyed) return;
  if (interruption?.kind === 'cut') {
    exchange.isCut = true;
    response.flushHeaders();
    response.write(rest, encoding);
    cutConnection(response);
  } else if (interruption?.kind === 'fail') {
    response.end(rest + vendor.writeStreamFailure(ask, frames.length === 0, frames.length), encoding);
  } else response.end(rest, encoding);
}

/** Sends a complete JSON body with the vendor's request id. */
export function sendJson(exchange: Exchange, status: number, body: string, headers: Record<string, string> = {}): void {
  const length = String(Buffer.byteLength(body));
  sendHead(exchange, status, { 'content-type': JSON_TYPE, 'content-length': length, ...headers });
  exchange.response.end(body);
}

function sendHead(exchange: Exchange, status: number, headers: Record<string, string>): void {
  const { response, vendor, entry, serial } = exchange;
  entry.status = status;
  response.writeHead(status, { [vendor.requestIdHeader]: requestIdOf(serial), ...headers });
}

export function requestIdOf(serial: string): string {
  return `req_sim${serial}`;
}
