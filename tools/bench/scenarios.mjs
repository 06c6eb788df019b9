/** What the bench asks for and what a right answer looks like: upstream, load and report read the same table. */
import { FORMATS } from './formats.mjs';

/** Priced in the catalog, so that accounting has a cost to work out. */
const GPT = 'openai/gpt-4o-mini';
const CLAUDE = 'anthropic/claude-haiku-4-5';
const GEMINI = 'google/gemini-2.5-flash';
const PROMPT = 'Write a short text about measuring. '.repeat(12);
const LONG_PROMPT = PROMPT.repeat(240).slice(0, 100_000);

export const DELTAS_PER_STREAM = 100;
export const GAP_MS = 10;
export const IDLE_GAP_MS = 1_000;

/**
 * @typedef {'whole' | 'gap' | 'burst' | 'idle'} Behaviour how the upstream answers
 *
 * @typedef {object} Question
 * @property {import('./formats.mjs').FormatName} format that the client speaks
 * @property {string} model
 * @property {Behaviour} behaviour
 * @property {string} [prompt]
 *
 * @typedef {object} Load
 * @property {string} about
 * @property {number} connections requests at the same time, each on a connection of its own
 * @property {'request' | 'delta'} unit what the CPU time is divided by
 * @property {string} beside what its CPU time is compared with: the bare proxy, or another scenario of this table
 * @property {number} [goal] the ratio of the two, at most
 *
 * @typedef {Question & Load} Scenario
 */

export const BARE_PROXY = 'bare proxy';

/** @param {string} beside */
const whole = (beside, connections = 32) =>
  /** @satisfies {Partial<Scenario>} */ ({ behaviour: 'whole', connections, unit: 'request', beside });

/** @param {string} beside */
const burst = (beside) =>
  /** @satisfies {Partial<Scenario>} */ ({ behaviour: 'burst', connections: 16, unit: 'delta', beside });

const RELAY_GOAL = 1.1;
const TRANSLATION_GOAL = 2.5;

/** The scenarios that measure CPU time; `memory` stands apart. */
export const SCENARIOS = /** @satisfies {Record<string, Scenario>} */ ({
  json: { about: '1 KB answer', format: 'chat', model: GPT, ...whole(BARE_PROXY), goal: 2.2 },
  'sse-gap': {
    about: `${DELTAS_PER_STREAM} deltas, ${GAP_MS} ms apart, 50 streams`,
    format: 'chat',
    model: GPT,
    behaviour: 'gap',
    connections: 50,
    unit: 'delta',
    beside: BARE_PROXY,
    goal: 1.3,
  },
  'sse-burst': { about: 'deltas all at once', format: 'chat', model: GPT, ...burst(BARE_PROXY), goal: 2 },
  'body-100k': { about: '100 KB prompt', format: 'chat', model: GPT, prompt: LONG_PROMPT, ...whole(BARE_PROXY, 16) },

  'json-messages': { about: 'relay', format: 'messages', model: CLAUDE, ...whole('json'), goal: RELAY_GOAL },
  'json-responses': { about: 'relay', format: 'responses', model: GPT, ...whole('json'), goal: RELAY_GOAL },
  'json-gemini': { about: 'relay', format: 'gemini', model: GEMINI, ...whole('json'), goal: RELAY_GOAL },
  'burst-messages': { about: 'relay', format: 'messages', model: CLAUDE, ...burst('sse-burst'), goal: RELAY_GOAL },
  'burst-responses': { about: 'relay', format: 'responses', model: GPT, ...burst('sse-burst'), goal: RELAY_GOAL },
  'burst-gemini': { about: 'relay', format: 'gemini', model: GEMINI, ...burst('sse-burst'), goal: RELAY_GOAL },

  'chat-over-messages': {
    about: 'translated',
    format: 'chat',
    model: CLAUDE,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
  'chat-over-gemini': {
    about: 'translated',
    format: 'chat',
    model: GEMINI,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
  'messages-over-chat': {
    about: 'translated',
    format: 'messages',
    model: GPT,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
  'messages-over-gemini': {
    about: 'translated',
    format: 'messages',
    model: GEMINI,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
  'responses-over-messages': {
    about: 'translated',
    format: 'responses',
    model: CLAUDE,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
  'gemini-over-chat': {
    about: 'translated',
    format: 'gemini',
    model: GPT,
    ...burst('sse-burst'),
    goal: TRANSLATION_GOAL,
  },
});

/** @typedef {keyof typeof SCENARIOS} CpuScenarioName */

/** @param {CpuScenarioName} name @returns {Scenario} */
export const scenarioOf = (name) => SCENARIOS[name];

/** Not a load but a state: streams that are open and nearly silent. */
export const MEMORY = {
  about: 'idle streams, one delta per second each',
  goalKilobytes: 25,
  question: /** @type {Question} */ ({ format: 'chat', model: GPT, behaviour: 'idle' }),
};

/**
 * A whole HTTP request as it goes over the wire. The prompt tells the upstream how to behave: every format carries it.
 * @param {Question} question
 * @param {string} apiKey
 */
export function requestBytes({ format, model, behaviour, prompt = PROMPT }, apiKey) {
  const streamed = behaviour !== 'whole';
  const { path, body } = FORMATS[format];
  const json = JSON.stringify(body(model, `bench:${behaviour} ${prompt}`, streamed));
  const head = [
    `POST ${path(model, streamed)} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(json)}`,
    '',
    json,
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

/**
 * How often which marker stands in the answer to a question, and its last bytes.
 * @param {Question} question
 */
export function expectedAnswer({ format, behaviour }) {
  const { marker, each, ending } = FORMATS[format][behaviour === 'whole' ? 'whole' : 'streamed'];
  return { marker, count: behaviour === 'whole' ? each : each * DELTAS_PER_STREAM, ending };
}
