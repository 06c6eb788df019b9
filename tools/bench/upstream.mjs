/**
 * The provider behind both targets, in a process of its own: answers precomputed bytes and understands nothing, so that
 * it costs as little as Node allows. Every delta is an HTTP chunk of its own, as providers send them.
 */
import { createServer } from 'node:http';
import { DELTAS_PER_STREAM, GAP_MS, IDLE_GAP_MS, readBehaviour, STREAM_END } from './scenarios.mjs';
import { serveBench } from './serve-bench.mjs';

const IDENTITY = '"id":"chatcmpl-bench0000000000000000000000","created":1760000000,"model":"gpt-4o-mini-2024-07-18"';
const USAGE = `{"prompt_tokens":120,"completion_tokens":${DELTAS_PER_STREAM},"total_tokens":${120 + DELTAS_PER_STREAM}}`;
const TEXT = 'Whoever measures twice cuts once. '.repeat(20);

const WHOLE = Buffer.from(
  `{${IDENTITY},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"${TEXT}"},` +
    `"logprobs":null,"finish_reason":"stop"}],"usage":${USAGE},"service_tier":"default","system_fingerprint":"fp_bench"}`,
);
const WHOLE_HEAD = { 'content-type': 'application/json', 'content-length': WHOLE.length };
const STREAM_HEAD = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/** @param {string} rest of the chunk, after what all chunks begin with */
const event = (rest) =>
  Buffer.from(`data: {${IDENTITY},"object":"chat.completion.chunk","system_fingerprint":"fp_bench",${rest}}\n\n`);
/** @param {string} delta @param {string} finish */
const choice = (delta, finish) => event(`"choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}]`);

const OPENING = choice('{"role":"assistant","content":null}', 'null');
const DELTA = choice('{"content":" measured"}', 'null');
const CLOSING = choice('{}', '"stop"');
const USAGE_EVENT = event(`"choices":[],"usage":${USAGE}`);
const DONE = Buffer.from(STREAM_END);

/**
 * @typedef {import('node:http').ServerResponse} ServerResponse
 * @param {ServerResponse} response
 * @param {boolean} withUsage
 */
function finish(response, withUsage) {
  response.write(CLOSING);
  if (withUsage) response.write(USAGE_EVENT);
  response.end(DONE);
}

/** @type {Record<import('./scenarios.mjs').Behaviour, (response: ServerResponse, withUsage: boolean) => void>} */
const BEHAVIOURS = {
  whole(response) {
    response.writeHead(200, WHOLE_HEAD).end(WHOLE);
  },

  burst(response, withUsage) {
    response.writeHead(200, STREAM_HEAD);
    // Not the response's own cork: that one would join the deltas to a single chunk.
    response.socket?.cork();
    response.write(OPENING);
    for (let sent = 0; sent < DELTAS_PER_STREAM; sent++) response.write(DELTA);
    finish(response, withUsage);
    response.socket?.uncork();
  },

  gap(response, withUsage) {
    response.writeHead(200, STREAM_HEAD).write(OPENING);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(DELTA);
      sent += 1;
      if (sent < DELTAS_PER_STREAM) return;
      clearInterval(timer);
      finish(response, withUsage);
    }, GAP_MS);
    response.once('close', () => clearInterval(timer));
  },

  /** Until the other side leaves. */
  idle(response) {
    response.writeHead(200, STREAM_HEAD).write(OPENING);
    response.write(DELTA);
    const timer = setInterval(() => response.write(DELTA), IDLE_GAP_MS);
    response.once('close', () => clearInterval(timer));
  },
};

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    const behaviour = readBehaviour(body);
    const answer = behaviour && Object.hasOwn(BEHAVIOURS, behaviour) ? behaviour : undefined;
    if (answer) BEHAVIOURS[/** @type {keyof typeof BEHAVIOURS} */ (answer)](response, body.includes('"include_usage"'));
    else response.writeHead(404).end();
  });
});

serveBench(server);
