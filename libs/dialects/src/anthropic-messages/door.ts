import type { CountDoor, Door } from '../door.ts';
import { encodeFailure, encodeStreamFailure } from './door-failure.ts';
import { lossesInHub } from './door-losses.ts';
import { paramsOf } from './door-params.ts';
import { decodeCountRequest, decodeRequest } from './door-request.ts';
import { encodeResponse } from './door-response.ts';
import { MessageStreamEncoder } from './door-stream.ts';
import { editRequest, MessagesRelay } from './relay.ts';
import { stateOf } from '../reasoning-state.ts';
import { decodeResponse } from './response.ts';

/** `POST /v1/messages`: Anthropic's Messages API over every provider. */
export const messagesDoor: Door = {
  dialect: 'anthropic-messages',
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  decodeRequest,
  lossesInHub,
  paramsOf,
  encodeResponse,
  openStreamEncoder: () => new MessageStreamEncoder(),
  encodeFailure,
  encodeStreamFailure,
  relay: {
    editRequest,
    readResponse(body, context) {
      const completion = decodeResponse(body, context);
      const { usage = null } = completion;
      return { usage, completion: () => completion, faithful: true, state: stateOf(completion) };
    },
    openStream: (context) => new MessagesRelay(context),
  },
};

/** `POST /v1/messages/count_tokens`: https://docs.claude.com/en/api/messages-count-tokens */
export const messagesCountDoor: CountDoor = {
  dialect: messagesDoor.dialect,
  forwardedHeaders: messagesDoor.forwardedHeaders!,
  decodeRequest: decodeCountRequest,
  editRequest,
  encodeCount: (tokens) => ({ input_tokens: tokens }),
};
