import { type Answer, type Frame, type Identity, splitFragments, splitWords, type Usage } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const FINGERPRINT = 'fp_simulator';

export function writeWhole(ask: Ask, answer: Answer, identity: Identity): string {
  const message = {
    role: 'assistant',
    content: contentOf(answer),
    ...(answer.reasoning !== '' && { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(writeCall) }),
    refusal: answer.refusal,
    annotations: [],
  };
  const logprobs = writeLogprobs(ask, splitWords(answer.text));
  return JSON.stringify({
    id: `chatcmpl-sim${identity.serial}`,
    object: 'chat.completion',
    created: identity.createdSeconds,
    model: ask.model,
    choices: Array.from({ length: ask.choiceCount }, (_, index) => ({
      index,
      message,
      logprobs,
      finish_reason: answer.finish,
    })),
    ...(answer.usage && { usage: writeUsage(answer.usage) }),
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  });
}

/** Frames of a stream. The envelope is written once: per delta only its own part is serialised. */
export function writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[] {
  const head = JSON.stringify({
    id: `chatcmpl-sim${identity.serial}`,
    object: 'chat.completion.chunk',
    created: identity.createdSeconds,
    model: ask.model,
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  }).slice(0, -1);
  const tail = ask.includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  const frames: Frame[] = [];
  const push = (delta: string, finish: string | null, isDelta: boolean, logprobs = 'null'): void => {
    for (let index = 0; index < ask.choiceCount; index += 1) {
      const choice = `{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${JSON.stringify(finish)}}`;
      frames.push({ wire: `data: ${head},"choices":[${choice}]${tail}`, isDelta: isDelta && index === 0 });
    }
  };
  push(
    JSON.stringify({ role: 'assistant', content: contentOf(answer) === null ? null : '', refusal: null }),
    null,
    false,
  );
  for (const word of splitWords(answer.reasoning)) push(`{"reasoning_content":${JSON.stringify(word)}}`, null, true);
  for (const word of splitWords(answer.text)) {
    const logprobs = ask.logprobs === null ? 'null' : JSON.stringify(writeLogprobs(ask, [word]));
    push(`{"content":${JSON.stringify(word)}}`, null, true, logprobs);
  }
  for (const word of splitWords(answer.refusal ?? '')) push(`{"refusal":${JSON.stringify(word)}}`, null, true);
  for (const delta of writeCallDeltas(answer)) push(JSON.stringify(delta), null, true);
  push('{}', answer.finish, false);
  if (ask.includeUsage && answer.usage) {
    const usage = JSON.stringify(writeUsage(answer.usage));
    frames.push({ wire: `data: ${head},"choices":[],"usage":${usage}}\n\n`, isDelta: false });
  }
  frames.push({ wire: 'data: [DONE]\n\n', isDelta: false });
  return frames;
}

function contentOf(answer: Answer): string | null {
  return answer.text === '' && (answer.toolCalls.length > 0 || answer.refusal !== null) ? null : answer.text;
}

function writeCall(call: Answer['toolCalls'][number]): JsonObject {
  const called = { name: call.name, arguments: JSON.stringify(call.arguments) };
  return { id: `call_${call.id}`, type: 'function', function: called };
}

function writeCallDeltas(answer: Answer): JsonObject[] {
  return answer.toolCalls.flatMap((call, index) => [
    { tool_calls: [{ index, id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: '' } }] },
    ...splitFragments(JSON.stringify(call.arguments)).map((fragment) => ({
      tool_calls: [{ index, function: { arguments: fragment } }],
    })),
  ]);
}

/** `prompt_tokens` includes what was cached and `completion_tokens` includes what was reasoned. */
function writeUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** One token per word; the first alternative is the token itself. */
function writeLogprobs(ask: Ask, words: string[]): JsonObject | null {
  const { logprobs: alternatives } = ask;
  if (alternatives === null) return null;
  const entry = (token: string, logprob: number): JsonObject => ({ token, logprob, bytes: [...Buffer.from(token)] });
  return {
    content: words.map((word) => ({
      ...entry(word, -0.25),
      top_logprobs: Array.from({ length: alternatives }, (_, rank) =>
        entry(rank === 0 ? word : `${word}~${rank}`, -0.25 - rank),
      ),
    })),
    refusal: null,
  };
}
