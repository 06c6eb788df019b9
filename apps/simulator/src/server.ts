import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { anthropic } from './anthropic/anthropic.ts';
import { azure } from './azure/azure.ts';
import { copilot } from './copilot/copilot.ts';
import { bedrock } from './bedrock/bedrock.ts';
import { readBody } from './body.ts';
import { cohere } from './cohere/cohere.ts';
import { gemini } from './gemini/gemini.ts';
import { type Exchange, generate, parseBody, requestIdOf, sendJson } from './generate.ts';
import { Journal } from './journal.ts';
import { openaiResponses } from './openai-responses/openai-responses.ts';
import { stringOf } from './json.ts';
import { ollama, ollamaAsOpenai } from './ollama/ollama.ts';
import { openai } from './openai/openai.ts';
import type { Route, Vendor } from './vendor.ts';
import { vertexClaude, vertexGemini } from './vertex/vertex.ts';
import { WireError } from './wire-error.ts';

export type SimulatorOptions = { port: number; host: string };

export type Simulator = {
  /** Without a trailing slash, e.g. `http://127.0.0.1:4010`. */
  url: string;
  port: number;
  /** Stops listening, closes idle connections, and gives running answers two seconds. */
  close(): Promise<void>;
};

type State = { journal: Journal; failures: Map<string, number>; requestCount: number };

const VENDORS: [prefix: string, vendor: Vendor][] = [
  ['/openai', openai],
  ['/openai', openaiResponses],
  ['/anthropic', anthropic],
  ['/gemini', gemini],
  ['/azure', azure],
  ['/vertex', vertexGemini],
  ['/vertex', vertexClaude],
  ['/copilot', copilot],
  ['/bedrock', bedrock],
  // Before the address that it lies under.
  ['/ollama/v1', ollamaAsOpenai],
  ['/ollama', ollama],
  ['/cohere', cohere],
];
const MODELS = ['small', 'large'];
const CLOSE_GRACE_MS = 2000;
const CLOSE_SWEEP_MS = 20;
/** Longer than the pools of clients keep a connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** Starts a simulator in this process. Port 0 takes any free one. Rejects when the port is taken. */
export async function startSimulator({ port, host }: SimulatorOptions): Promise<Simulator> {
  const state: State = { journal: new Journal(), failures: new Map(), requestCount: 0 };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    void handle(state, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shownHost}:${bound}`, port: bound, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection falls idle when its last answer ends, and nothing tells so.
  const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_SWEEP_MS);
  const giveUp = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(giveUp);
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const method = request.method ?? '';
  const [prefix, vendor] = findVendor(method, path, query) ?? [];
  if (prefix === undefined || vendor === undefined) {
    request.resume();
    handleOwn(state, method, path, query, response);
    return;
  }
  const exchange = openExchange(state, vendor, request, response);
  try {
    await handleVendor(exchange, path.slice(prefix.length), query);
  } catch (error) {
    sendFailure(exchange, error);
  }
}

/** The format that has the route; where none has it, the first one of the prefix, to say so in its own words. */
function findVendor(method: string, path: string, query: URLSearchParams): (typeof VENDORS)[number] | undefined {
  const candidates = VENDORS.filter(([prefix]) => path.startsWith(`${prefix}/`));
  const serves = ([prefix, vendor]: (typeof VENDORS)[number]): boolean =>
    vendor.findRoute(method, decodePath(path.slice(prefix.length)), query) !== null;
  return candidates.find(serves) ?? candidates[0];
}

function openExchange(state: State, vendor: Vendor, request: IncomingMessage, response: ServerResponse): Exchange {
  state.requestCount += 1;
  const serial = String(state.requestCount).padStart(6, '0');
  const entry = state.journal.open(vendor.name);
  const { failures } = state;
  const exchange: Exchange = { request, response, vendor, entry, serial, failures, isCut: false };
  response.once('close', () => {
    entry.aborted = !response.writableFinished && !exchange.isCut;
  });
  return exchange;
}

async function handleVendor(exchange: Exchange, path: string, query: URLSearchParams): Promise<void> {
  const { request, vendor } = exchange;
  const method = request.method ?? '';
  const route = vendor.findRoute(method, decodePath(path), query);
  if (route?.kind !== 'generate' && !(route?.kind === 'model' && route.id === null)) request.resume();
  if (!route) throw vendor.describeMissingRoute(method, path);
  if (route.kind === 'other') {
    const { status, body } = route.answer(request.headers);
    sendJson(exchange, status, JSON.stringify(body));
    return;
  }
  vendor.authenticate(request.headers, query);
  if (route.kind === 'generate') await generate(exchange, route);
  else if (route.kind === 'models') sendJson(exchange, 200, vendor.writeModels(MODELS, route));
  else sendJson(exchange, 200, await writeModel(exchange, route));
}

async function writeModel({ request, vendor }: Exchange, route: Route & { kind: 'model' }): Promise<string> {
  const id = route.id ?? stringOf(parseBody(await readBody(request), vendor).model);
  if (id.includes('missing')) throw vendor.describeMissingModel(id, route);
  return vendor.writeModel(id);
}

function sendFailure(exchange: Exchange, error: unknown): void {
  const { response, request, vendor, serial } = exchange;
  request.resume();
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (!(error instanceof WireError)) process.stderr.write(`simulator: ${String(error)}\n`);
  const failure = error instanceof WireError ? error : new WireError(500, vendor.describeStatus(500));
  const { body, headers } = vendor.writeError(failure, requestIdOf(serial));
  sendJson(exchange, failure.status, body, headers);
}

/** The simulator's own routes: health, the journal, and its reset. */
function handleOwn(state: State, method: string, path: string, query: URLSearchParams, response: ServerResponse): void {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
  };
  if (method === 'GET' && path === '/health/live') send(200, { status: 'ok' });
  else if (method === 'GET' && path === '/__sim/requests') {
    send(200, { requests: state.journal.last(Number(query.get('limit') ?? 500)) });
  } else if (method === 'POST' && path === '/__sim/reset') {
    state.journal.clear();
    state.failures.clear();
    state.requestCount = 0;
    send(200, { status: 'ok' });
  } else
    send(404, {
      error: `No such route: ${method} ${path}. Vendors are under ${VENDORS.map(([prefix]) => prefix).join(', ')}.`,
    });
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
