import type { ChatChoice } from '@parley/contracts';
import type { Door } from '../door.ts';
import { editMembers } from '../json-members.ts';
import { stateOf } from '../reasoning-state.ts';
import { ChatRelay } from './relay.ts';
import { decodeChatRequest, lossesInHub } from './request.ts';
import { readCompletion } from './response.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';
import { draftUpstream } from './upstream-edits.ts';

/** OpenAI's schema requires these two also where they say nothing; other dialects have no word for them. */
const completeChoice = (choice: ChatChoice): ChatChoice => ({
  ...choice,
  logprobs: choice.logprobs ?? null,
  message: { ...choice.message, refusal: choice.message.refusal ?? null },
});

/** `POST /v1/chat/completions`: the hub itself, so nothing is translated for the client. */
export const chatDoor: Door = {
  dialect: 'openai-chat',
  decodeRequest: decodeChatRequest,
  lossesInHub,
  encodeResponse: (completion) => ({ ...completion, choices: completion.choices.map(completeChoice) }),
  openStreamEncoder: () => new ChatStreamEncoder(),
  encodeStreamFailure: (body) => `data: ${JSON.stringify(body)}\n\n`,
  relay: {
    editRequest(source, target) {
      const { edits, losses } = draftUpstream(source.request, target);
      const texts = new Map<string, string | undefined>();
      for (const [field, value] of edits) texts.set(field, JSON.stringify(value));
      return { bytes: editMembers(source.bytes, source.members, texts), losses };
    },
    asOneChoice(source, { seed }) {
      const edits = new Map<string, string | undefined>([['n', undefined]]);
      if (seed !== source.request.seed) edits.set('seed', JSON.stringify(seed));
      return editMembers(source.bytes, source.members, edits);
    },
    readResponse(body, context) {
      const { completion, faithful } = readCompletion(body, context);
      const usage = completion.usage ?? null;
      // OpenAI's answers have usage always, so what is not counted is to be written anew.
      return { usage, completion: () => completion, faithful: faithful && usage !== null, state: stateOf(completion) };
    },
    openStream: (context, options) => new ChatRelay(context, options),
  },
};
