/**
 * The provider behind all targets, in a process of its own: answers precomputed bytes and understands nothing, so that
 * it costs as little as Node allows. Every delta is an HTTP chunk of its own, as providers send them.
 */
import { createServer } from 'node:http';
import { DELTAS_PER_STREAM, GAP_MS, IDLE_GAP_MS, readBehaviour } from './scenarios.mjs';
import { serveBench } from './serve-bench.mjs';
import { answersAt } from './upstream-answers.mjs';

const STREAM_HEAD = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/**
 * @typedef {import('node:http').ServerResponse} ServerResponse
 * @typedef {import('./upstream-answers.mjs').Answers} Answers
 */

/** @param {ServerResponse} response @param {readonly Buffer[]} events */
function write(response, events) {
  for (const event of events) response.write(event);
}

/** @type {Record<import('./scenarios.mjs').Behaviour, (response: ServerResponse, answers: Answers, request: Buffer) => void>} */
const BEHAVIOURS = {
  whole(response, { whole }) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length }).end(whole);
  },

  burst(response, { opening, delta, closing }, request) {
    response.writeHead(200, STREAM_HEAD);
    // Not the response's own cork: that one would join the deltas to a single chunk.
    response.socket?.cork();
    write(response, opening);
    for (let sent = 0; sent < DELTAS_PER_STREAM; sent++) response.write(delta(sent));
    write(response, closing(request));
    response.end();
    response.socket?.uncork();
  },

  gap(response, { opening, delta, closing }, request) {
    response.writeHead(200, STREAM_HEAD);
    write(response, opening);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(delta(sent));
      sent += 1;
      if (sent < DELTAS_PER_STREAM) return;
      clearInterval(timer);
      write(response, closing(request));
      response.end();
    }, GAP_MS);
    response.once('close', () => clearInterval(timer));
  },

  /** Until the other side leaves. */
  idle(response, { opening, delta }) {
    response.writeHead(200, STREAM_HEAD);
    write(response, opening);
    let sent = 0;
    response.write(delta(sent++));
    const timer = setInterval(() => response.write(delta(sent++)), IDLE_GAP_MS);
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
    const answers = answersAt(request.url ?? '');
    if (!answers || !behaviour || !Object.hasOwn(BEHAVIOURS, behaviour)) response.writeHead(404).end();
    else BEHAVIOURS[/** @type {keyof typeof BEHAVIOURS} */ (behaviour)](response, answers, body);
  });
});

serveBench(server);
