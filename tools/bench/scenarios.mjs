/** What the bench asks for and what a right answer looks like: upstream, load and report read the same table. */

/** Priced in the catalog, so that accounting has a cost to work out. */
const MODEL = 'openai/gpt-4o-mini';
const PROMPT = 'Write a short text about measuring. '.repeat(12);
const LONG_PROMPT_BYTES = 100_000;

export const DELTAS_PER_STREAM = 100;
export const GAP_MS = 10;
export const IDLE_GAP_MS = 1_000;
export const STREAM_END = 'data: [DONE]\n\n';

/**
 * @typedef {'whole' | 'gap' | 'burst' | 'idle'} Behaviour how the upstream answers
 *
 * @typedef {object} Scenario
 * @property {string} about
 * @property {Behaviour} behaviour
 * @property {number} connections requests at the same time, each on a connection of its own
 * @property {'request' | 'delta'} unit what the CPU time is divided by
 * @property {string} prompt
 * @property {{ marker: string, count: number, ending: string }} answer how often the marker occurs, and the last bytes
 * @property {number} [goal] Parley's CPU time over the bare proxy's, at most
 */

const WHOLE_ANSWER = { marker: '"finish_reason":"stop"', count: 1, ending: '}' };
const STREAMED_ANSWER = { marker: '"delta":{"content":', count: DELTAS_PER_STREAM, ending: STREAM_END };

/** The scenarios that measure CPU time; `memory` stands apart. */
export const SCENARIOS = /** @satisfies {Record<string, Scenario>} */ ({
  json: {
    about: '1 KB answer, 32 connections',
    behaviour: 'whole',
    connections: 32,
    unit: 'request',
    prompt: PROMPT,
    answer: WHOLE_ANSWER,
    goal: 2.2,
  },
  'sse-gap': {
    about: `${DELTAS_PER_STREAM} deltas, ${GAP_MS} ms apart, 50 streams`,
    behaviour: 'gap',
    connections: 50,
    unit: 'delta',
    prompt: PROMPT,
    answer: STREAMED_ANSWER,
    goal: 1.3,
  },
  'sse-burst': {
    about: `${DELTAS_PER_STREAM} deltas at once, 16 streams`,
    behaviour: 'burst',
    connections: 16,
    unit: 'delta',
    prompt: PROMPT,
    answer: STREAMED_ANSWER,
    goal: 2,
  },
  'body-100k': {
    about: '100 KB prompt, 1 KB answer, 16 connections',
    behaviour: 'whole',
    connections: 16,
    unit: 'request',
    prompt: PROMPT.repeat(Math.ceil(LONG_PROMPT_BYTES / PROMPT.length)).slice(0, LONG_PROMPT_BYTES),
    answer: WHOLE_ANSWER,
  },
});

/** @typedef {keyof typeof SCENARIOS} CpuScenarioName */

/** Not a load but a state: streams that are open and nearly silent. */
export const MEMORY = {
  about: 'idle streams, one delta per second each',
  goalKilobytes: 25,
  scenario: /** @type {Scenario} */ ({
    about: '',
    behaviour: 'idle',
    connections: 0,
    unit: 'delta',
    prompt: PROMPT,
    answer: STREAMED_ANSWER,
  }),
};

/**
 * A whole HTTP request as it goes over the wire. The system message tells the upstream how to behave; it is the one
 * thing that every gateway passes on as it is.
 * @param {Pick<Scenario, 'behaviour' | 'prompt'>} scenario
 * @param {string} apiKey
 */
export function requestBytes({ behaviour, prompt }, apiKey) {
  const body = JSON.stringify({
    model: MODEL,
    messages: [
      { role: 'system', content: `bench:${behaviour}` },
      { role: 'user', content: prompt },
    ],
    ...(behaviour !== 'whole' && { stream: true }),
  });
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ];
  // The blank line after the head is the empty entry's.
  return Buffer.from(head.join('\r\n'));
}

/**
 * The behaviour that a request asks for.
 * @param {Buffer} body
 * @returns {string | undefined}
 */
export function readBehaviour(body) {
  return /bench:([a-z]+)/.exec(body.toString('latin1', 0, 400))?.[1];
}
