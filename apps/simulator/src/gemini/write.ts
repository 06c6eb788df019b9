import { type Answer, type Frame, type Identity, signReasoning, splitWords, type Usage } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const FINISH_REASONS = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP', content_filter: 'SAFETY' };

export function writeWhole(ask: Ask, answer: Answer, identity: Identity): string {
  const parts = [
    ...(answer.reasoning === '' ? [] : [{ text: answer.reasoning, thought: true }]),
    ...(answer.text === '' ? [] : [signed(answer, { text: answer.text }, answer.toolCalls.length === 0)]),
    ...writeCalls(answer),
  ];
  return JSON.stringify({
    ...writeCandidates(ask, answer, parts, true),
    ...(answer.usage && { usageMetadata: writeUsage(answer.usage) }),
    ...describeResponse(ask, identity),
  });
}

/** Frames of a stream: Google repeats the prompt's usage in each chunk and tells the rest in the last, on an empty text. */
export function writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[] {
  const rest = describeResponse(ask, identity);
  const early = answer.usage && { usageMetadata: startUsage(answer.usage) };
  const late = answer.usage && { usageMetadata: writeUsage(answer.usage) };
  const bodies: { body: JsonObject; isDelta: boolean }[] = [];
  const push = (part: JsonObject): void => {
    bodies.push({ body: { ...writeCandidates(ask, answer, [part], false), ...early, ...rest }, isDelta: true });
  };
  for (const word of splitWords(answer.reasoning)) push({ text: word, thought: true });
  const words = splitWords(answer.text);
  for (const [index, word] of words.entries()) {
    push(signed(answer, { text: word }, index === words.length - 1 && answer.toolCalls.length === 0));
  }
  for (const call of writeCalls(answer)) push(call);
  const last = writeCandidates(ask, answer, [{ text: '' }], true);
  bodies.push({ body: { ...last, ...late, ...rest }, isDelta: false });
  return bodies.map(({ body, isDelta }, index) => ({
    wire: wrap(ask, JSON.stringify(body), index, index === bodies.length - 1),
    isDelta,
  }));
}

/** SSE lines end with CRLF; without `alt=sse` the chunks are the elements of one JSON array. */
function wrap(ask: Ask, json: string, index: number, isLast: boolean): string {
  if (ask.framing === 'sse') return `data: ${json}\r\n\r\n`;
  return `${index === 0 ? '[' : ',\r\n'}${json}${isLast ? ']' : ''}`;
}

function writeCandidates(ask: Ask, answer: Answer, parts: JsonObject[], isLast: boolean): JsonObject {
  if (answer.refusal !== null) return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } };
  const isFiltered = isLast && answer.finish === 'content_filter';
  const candidate = {
    ...(!isFiltered && { content: { ...(parts.length > 0 && { parts }), role: 'model' } }),
    ...(isLast && { finishReason: FINISH_REASONS[answer.finish] }),
    ...(isFiltered && {
      safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }],
    }),
    ...(isLast && writeLogprobs(ask, answer)),
  };
  return { candidates: Array.from({ length: ask.choiceCount }, (_, index) => ({ ...candidate, index })) };
}

/** The signature sits on the first call, or else on the last text. */
function signed(answer: Answer, part: JsonObject, isPlace: boolean): JsonObject {
  return isPlace && answer.reasoning !== '' ? { ...part, thoughtSignature: signReasoning(answer.reasoning) } : part;
}

function writeCalls(answer: Answer): JsonObject[] {
  return answer.toolCalls.map((call, index) =>
    signed(answer, { functionCall: { name: call.name, args: call.arguments } }, index === 0),
  );
}

function describeResponse(ask: Ask, identity: Identity): JsonObject {
  return { modelVersion: ask.model, responseId: `sim${identity.serial}` };
}

/** `candidatesTokenCount` leaves out thoughts; `promptTokenCount` includes the cached ones. */
function writeUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: usage.input,
    candidatesTokenCount: Math.max(0, usage.output - usage.reasoning),
    totalTokenCount: usage.input + usage.output,
    ...(usage.cached > 0 && { cachedContentTokenCount: usage.cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
    ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
  };
}

function startUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: usage.input,
    totalTokenCount: usage.input,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
  };
}

function writeLogprobs(ask: Ask, answer: Answer): JsonObject {
  const { logprobs: alternatives } = ask;
  if (alternatives === null) return {};
  const words = splitWords(answer.text);
  const chosenCandidates = words.map((token, tokenId) => ({ token, tokenId, logProbability: -0.25 }));
  const topCandidates = words.map((word, tokenId) => ({
    candidates: Array.from({ length: alternatives }, (_, rank) => ({
      token: rank === 0 ? word : `${word}~${rank}`,
      tokenId: tokenId + rank,
      logProbability: -0.25 - rank,
    })),
  }));
  return { avgLogprobs: -0.25, logprobsResult: { chosenCandidates, topCandidates } };
}
