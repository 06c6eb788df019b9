import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartProblem } from './start-problem.mjs';

const READY_DEADLINE_MS = 60_000;
const ANSWER_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 50;

/**
 * Where the gateway is reached from this machine.
 * @param {{ host: string, gateway: number }} ports
 */
export function gatewayUrl({ host, gateway }) {
  return `http://${urlHost(host)}:${gateway}`;
}

/** An address to connect to, for one to listen on. @param {string} host */
function urlHost(host) {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** The gateway is up when it says so itself, over the same way that callers take. @param {string} url */
export async function waitUntilReady(url) {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let answer = 'no answer';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      const body = await response.text();
      if (response.ok) return;
      answer = `${response.status} ${body}`;
    } catch (error) {
      answer = String(error);
    }
    await delay(POLL_INTERVAL_MS);
  }
  throw new StartProblem(`The gateway did not become ready within ${READY_DEADLINE_MS / 1000} s: ${answer}`);
}

/**
 * What a user needs to know, with a call that works as it stands.
 * @param {string} url
 * @param {string} adminKey
 * @param {string} dataDirectory
 */
export function welcome(url, adminKey, dataDirectory) {
  return `
Parley is ready.
  URL        ${url}
  admin key  ${adminKey}
  logs       ${join(dataDirectory, 'logs')}

Try it:
  curl ${url}/v1/chat/completions \\
    -H "Authorization: Bearer ${adminKey}" \\
    -H "Content-Type: application/json" \\
    -d '{"model": "default", "messages": [{"role": "user", "content": "Hello!"}]}'

Ctrl-C stops everything.`;
}
