/**
 * The least that a proxy in Node can do, with the same HTTP server and the same HTTP client as Parley: take the body,
 * put it to the upstream with another key, pass the answer's bytes on as they come. Argument: the upstream's origin.
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { serveBench } from './serve-bench.mjs';

const pool = new Pool(process.argv[2] ?? '', { pipelining: 1, keepAliveTimeout: 30_000 });
const HEADERS = { authorization: 'Bearer upstream', 'content-type': 'application/json' };
const PASSED = ['content-type', 'content-length'];

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => forward(request.url ?? '/', Buffer.concat(pieces), response));
});

/**
 * @param {string} path
 * @param {Buffer} body
 * @param {import('node:http').ServerResponse} response
 */
function forward(path, body, response) {
  /** @type {import('undici').Dispatcher.DispatchHandler} */
  const handler = {
    onRequestStart(controller) {
      response.on('drain', () => controller.resume());
      response.once('close', () => response.writableFinished || controller.abort(new Error('the caller left')));
    },
    onResponseStart(_controller, status, headers) {
      response.writeHead(
        status,
        Object.fromEntries(
          PASSED.flatMap((name) => {
            const value = headers[name];
            return value === undefined ? [] : [[name, value]];
          }),
        ),
      );
    },
    onResponseData(controller, bytes) {
      if (!response.write(bytes)) controller.pause();
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
  pool.dispatch({ path, method: 'POST', headers: HEADERS, body }, handler);
}

serveBench(server);
