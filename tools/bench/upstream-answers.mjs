/** What the upstream says in each format, precomputed: the same text and usage everywhere. */
import { DELTAS_PER_STREAM } from './scenarios.mjs';

/**
 * @typedef {object} Answers
 * @property {RegExp} path which requests are of this format
 * @property {Buffer} whole
 * @property {Buffer[]} opening
 * @property {(index: number) => Buffer} delta
 * @property {(request: Buffer) => Buffer[]} closing
 */

const INPUT_TOKENS = 120;
/** Of every whole answer, so that no format has less to read. */
const WHOLE_BYTES = 1043;
const DELTA_TEXT = ' measured';
const ALL_DELTAS = DELTA_TEXT.repeat(DELTAS_PER_STREAM);
const CREATED = 1_760_000_000;

/** @param {object} value @param {string} [name] */
const event = (value, name) =>
  Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`);
/** @param {string} type @param {object} fields */
const typedEvent = (type, fields = {}) => event({ type, ...fields }, type);
/** @param {Buffer} bytes @returns {(index: number) => Buffer} */
const always = (bytes) => () => bytes;
/** @param {(index: number) => Buffer} make */
const precompute = (make) => {
  const made = Array.from({ length: DELTAS_PER_STREAM }, (_, index) => make(index));
  // Idle streams go on for longer.
  return (/** @type {number} */ index) => made[index] ?? make(index);
};

/**
 * An answer with a text of such a length that the whole has `WHOLE_BYTES`.
 * @param {(text: string) => object} answerWith
 */
function wholeAnswer(answerWith) {
  const missing = WHOLE_BYTES - JSON.stringify(answerWith('')).length;
  return Buffer.from(JSON.stringify(answerWith('Whoever measures twice cuts once. '.repeat(40).slice(0, missing))));
}

/** @returns {Answers} */
function chatAnswers() {
  const usage = {
    prompt_tokens: INPUT_TOKENS,
    completion_tokens: DELTAS_PER_STREAM,
    total_tokens: INPUT_TOKENS + DELTAS_PER_STREAM,
  };
  const identity = { id: 'chatcmpl-bench0000000000000000000000', created: CREATED, model: 'gpt-4o-mini-2024-07-18' };
  const chunk = (/** @type {object} */ rest) =>
    event({ ...identity, object: 'chat.completion.chunk', system_fingerprint: 'fp_bench', ...rest });
  const choice = (/** @type {object} */ delta, /** @type {string | null} */ finish) =>
    chunk({ choices: [{ index: 0, delta, finish_reason: finish }] });
  const whole = (/** @type {string} */ content) => ({
    ...identity,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
  });
  const closing = choice({}, 'stop');
  const usageEvent = chunk({ choices: [], usage });
  const done = Buffer.from('data: [DONE]\n\n');
  return {
    path: /\/chat\/completions$/,
    whole: wholeAnswer(whole),
    opening: [choice({ role: 'assistant', content: null }, null)],
    delta: always(choice({ content: DELTA_TEXT }, null)),
    closing: (request) => (request.includes('"include_usage"') ? [closing, usageEvent, done] : [closing, done]),
  };
}

/** @returns {Answers} */
function messagesAnswers() {
  const message = { id: 'msg_bench0000000000000000', type: 'message', role: 'assistant', model: 'claude-haiku-4-5' };
  const usage = { input_tokens: INPUT_TOKENS, output_tokens: DELTAS_PER_STREAM };
  const stop = { stop_reason: 'end_turn', stop_sequence: null };
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const closing = [
    typedEvent('content_block_stop', { index: 0 }),
    typedEvent('message_delta', { delta: stop, usage }),
    typedEvent('message_stop'),
  ];
  return {
    path: /\/messages$/,
    whole: wholeAnswer((text) => ({ ...message, content: [{ type: 'text', text }], ...stop, usage })),
    opening: [
      typedEvent('message_start', { message: start }),
      typedEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    delta: always(typedEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text: DELTA_TEXT } })),
    closing: () => closing,
  };
}

/** @returns {Answers} */
function responsesAnswers() {
  const base = {
    id: 'resp_bench00000000000000',
    object: 'response',
    created_at: CREATED,
    model: 'gpt-4o-mini-2024-07-18',
  };
  const item = { id: 'msg_bench00000000000000', type: 'message', role: 'assistant' };
  const usage = {
    input_tokens: INPUT_TOKENS,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: DELTAS_PER_STREAM,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: INPUT_TOKENS + DELTAS_PER_STREAM,
  };
  const settings = { error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [], store: false };
  const part = (/** @type {string} */ text) => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const finished = (/** @type {string} */ text) => ({ ...item, status: 'completed', content: [part(text)] });
  const complete = (/** @type {string} */ text) => ({
    ...base,
    status: 'completed',
    ...settings,
    output: [finished(text)],
    usage,
  });
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const begun = { ...base, status: 'in_progress', ...settings, output: [], usage: null };
  let sequence = 0;
  const next = (/** @type {string} */ type, /** @type {object} */ fields) =>
    typedEvent(type, { sequence_number: sequence++, ...fields });
  const opening = [
    next('response.created', { response: begun }),
    next('response.in_progress', { response: begun }),
    next('response.output_item.added', {
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    }),
    next('response.content_part.added', { ...place, part: part('') }),
  ];
  const first = sequence;
  sequence += DELTAS_PER_STREAM;
  const closing = [
    next('response.output_text.done', { ...place, text: ALL_DELTAS, logprobs: [] }),
    next('response.content_part.done', { ...place, part: part(ALL_DELTAS) }),
    next('response.output_item.done', { output_index: 0, item: finished(ALL_DELTAS) }),
    next('response.completed', { response: complete(ALL_DELTAS) }),
  ];
  return {
    path: /\/responses$/,
    whole: wholeAnswer(complete),
    opening,
    delta: precompute((index) =>
      typedEvent('response.output_text.delta', {
        sequence_number: first + index,
        ...place,
        delta: DELTA_TEXT,
        logprobs: [],
      }),
    ),
    closing: () => closing,
  };
}

/** @returns {Answers} */
function geminiAnswers() {
  const identity = { modelVersion: 'gemini-2.5-flash', responseId: 'bench000000000000000000' };
  const usage = (/** @type {number} */ output) => ({
    promptTokenCount: INPUT_TOKENS,
    candidatesTokenCount: output,
    totalTokenCount: INPUT_TOKENS + output,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: INPUT_TOKENS }],
  });
  const answer = (/** @type {object} */ candidate, /** @type {number} */ output) => ({
    candidates: [{ ...candidate, index: 0 }],
    usageMetadata: usage(output),
    ...identity,
  });
  const saying = (/** @type {string} */ text) => ({ content: { parts: [{ text }], role: 'model' } });
  const line = (/** @type {object} */ value) => Buffer.from(`data: ${JSON.stringify(value)}\r\n\r\n`);
  const closing = [line(answer({ content: { role: 'model' }, finishReason: 'STOP' }, DELTAS_PER_STREAM))];
  return {
    path: /:(stream)?generateContent/i,
    whole: wholeAnswer((text) => answer({ ...saying(text), finishReason: 'STOP' }, DELTAS_PER_STREAM)),
    opening: [],
    delta: precompute((index) => line(answer(saying(DELTA_TEXT), index + 1))),
    closing: () => closing,
  };
}

const ALL = [chatAnswers(), messagesAnswers(), responsesAnswers(), geminiAnswers()];

/** @param {string} url */
export const answersAt = (url) => ALL.find(({ path }) => path.test(url));
