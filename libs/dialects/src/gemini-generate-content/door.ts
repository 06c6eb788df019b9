import type { ChatRequest } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import type { Door } from '../door.ts';
import { encodeGeminiFailure } from './door-failure.ts';
import { asOneCandidate } from './door-candidate-count.ts';
import { AnswerFrames, FRAMINGS, writeFailure, type StreamForm } from './door-frames.ts';
import { ownParam } from './door-params.ts';
import { decodeGenerateContent } from './door-request.ts';
import { encodeResponse } from './door-response.ts';
import { GeminiStreamEncoder } from './door-stream.ts';
import { editRelayed } from './relay-request.ts';
import { GeminiRelay } from './relay.ts';
import { stateOf } from '../reasoning-state.ts';
import { isSigned } from './candidate.ts';
import { checkResponse, decodeResponse } from './response.ts';
import { decodeUsage } from './usage.ts';

/** What the path of a call says: the model, and whether and how the answer is streamed. */
export type GeminiPath = { model: string; stream: StreamForm | null };

export type OpenedDoor = { door: Door; request: ChatRequest; losses: Loss[] };

/**
 * `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`. Opened for each call, since its path says
 * what other doors find in the body, and the body how much of the answer is shown. Throws `invalid_request`.
 */
export function openGeminiDoor(body: unknown, { model, stream }: GeminiPath): OpenedDoor {
  const call = { model, stream: stream !== null };
  const { request, losses, includeThoughts } = decodeGenerateContent(body, call);
  const form = stream ?? 'events';
  const door: Door = {
    dialect: 'gemini-generate-content',
    framing: FRAMINGS[form],
    decodeRequest: (other) => decodeGenerateContent(other, call).request,
    lossesInHub: () => losses,
    paramsOf: () => ownParam,
    encodeResponse: (completion) => encodeResponse(completion, includeThoughts),
    openStreamEncoder: () => new GeminiStreamEncoder(new AnswerFrames(form), includeThoughts),
    encodeFailure: encodeGeminiFailure,
    encodeStreamFailure: (failure, hasBegun) => writeFailure(JSON.stringify(failure), form, hasBegun),
    relay: {
      editRequest: editRelayed,
      asOneChoice: asOneCandidate,
      readResponse(answer, context) {
        const { fields, candidates } = checkResponse(answer);
        const completion = () => decodeResponse(answer, context);
        const state = isSigned(candidates[0]) ? stateOf(completion()) : undefined;
        return { usage: decodeUsage(fields['usageMetadata']) ?? null, completion, faithful: true, state };
      },
      openStream: (context) => new GeminiRelay(context, new AnswerFrames(form)),
    },
  };
  return { door, request, losses };
}
