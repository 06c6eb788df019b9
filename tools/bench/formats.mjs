/** The four formats that clients speak, as far as the bench needs them: how it asks, and what a right answer looks like. */

/**
 * @typedef {'chat' | 'messages' | 'responses' | 'gemini'} FormatName
 *
 * @typedef {object} Format
 * @property {(model: string, streamed: boolean) => string} path
 * @property {(model: string, prompt: string, streamed: boolean) => object} body
 * @property {Pieces} whole
 * @property {Pieces} streamed
 *
 * @typedef {object} Pieces
 * @property {string} marker stands in every piece that counts; longer than the ending
 * @property {number} each how often it stands in a whole answer, or for each delta
 * @property {string} ending the last bytes
 */

const MAX_TOKENS = 1000;
/** Costs nothing to understand and something to translate. */
const SYSTEM = 'Be brief.';

export const FORMATS = /** @satisfies {Record<FormatName, Format>} */ ({
  chat: {
    path: () => '/v1/chat/completions',
    body: (model, prompt, streamed) => ({
      model,
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: prompt },
      ],
      ...(streamed && { stream: true }),
    }),
    whole: { marker: '"finish_reason":"stop"', each: 1, ending: '}' },
    streamed: { marker: '"content":" measured"', each: 1, ending: 'data: [DONE]\n\n' },
  },
  messages: {
    path: () => '/v1/messages',
    body: (model, prompt, streamed) => ({
      model,
      max_tokens: MAX_TOKENS,
      system: SYSTEM,
      messages: [{ role: 'user', content: prompt }],
      ...(streamed && { stream: true }),
    }),
    whole: { marker: '"stop_reason":"end_turn"', each: 1, ending: '}' },
    streamed: { marker: '"type":"text_delta"', each: 1, ending: '"message_stop"}\n\n' },
  },
  responses: {
    path: () => '/v1/responses',
    // What is to be stored waits for Postgres, in every gateway that stores; here the door itself is measured.
    body: (model, prompt, streamed) => ({
      model,
      instructions: SYSTEM,
      input: prompt,
      store: false,
      ...(streamed && { stream: true }),
    }),
    // The response says it, and its message.
    whole: { marker: '"status":"completed"', each: 2, ending: '}' },
    streamed: { marker: '"type":"response.output_text.delta"', each: 1, ending: '}}\n\n' },
  },
  gemini: {
    path: (model, streamed) =>
      `/v1beta/models/${model}:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_model, prompt) => ({
      contents: [{ role: 'user', parts: [{ text: prompt }] }],
      systemInstruction: { parts: [{ text: SYSTEM }] },
    }),
    whole: { marker: '"finishReason":"STOP"', each: 1, ending: '}' },
    streamed: { marker: '"text":" measured"', each: 1, ending: '}\r\n\r\n' },
  },
});
