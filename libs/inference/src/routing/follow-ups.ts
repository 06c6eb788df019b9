import { GatewayError, type ChatMessage, type ChatRequest } from '@parley/contracts';
import { isSealed, opaqueState, type Loss, type SourceRequest } from '@parley/dialects';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { ChatCall } from '../engine/call.ts';
import type { Affinity } from './affinity.ts';
import { carriedState, itemMark, prefixMarks, stateMark, type PrefixMark } from './conversation-marks.ts';
import type { Plan } from './plan.ts';

/** The longest that a vendor keeps a prompt's prefix by default, Anthropic's 5 and OpenAI's 10 minutes, each from its last use. */
const PREFIX_LIFETIME_MS = 10 * 60_000;
const STATE_LIFETIME_MS = 24 * 3_600_000;

/**
 * Keeps follow-ups with the deployment that made what they carry: reasoning state, stored responses, prompt caches. Where
 * that cannot be, another one answers without the state that it could not read, and the answer says so.
 */
export class FollowUps {
  constructor(private readonly affinity: Affinity) {}

  /**
   * The plan with the deployment in front that the request belongs to, and the marks of what its provider will hold in its
   * cache. Throws `unsupported_parameter` for a strict caller whose state nobody in the plan made.
   */
  order(possible: Plan, call: ChatCall): { plan: Plan; marks: readonly string[] } {
    const { request } = call.source!;
    const state = carriedState(request);
    if (state !== undefined) call.madeBy ??= this.affinity.find(stateMark(call.key.id, state));
    // Where there is one deployment only, there is nothing to choose and hence nothing to remember.
    const marks = possible.length > 1 ? prefixMarks({ keyId: call.key.id, model: call.model }, request) : [];
    const home = call.madeBy ?? this.findPrefix(marks);
    const first = possible.find(({ deployment }) => deployment.id === home);
    if (call.strict && call.madeBy !== undefined && state !== undefined) {
      if (!first) throw notReachable(call.madeBy);
      return { plan: [first], marks: written(marks) };
    }
    return { plan: first ? inFront(possible, first) : possible, marks: written(marks) };
  }

  /** The request as this deployment can read it, and what that loses. */
  carriedTo({ deployment }: ModelEntry, call: ChatCall): { source: SourceRequest; losses: Loss[] } {
    const source = call.source!;
    const other = this.makersOfSealed(call).find((maker) => connectionOf(maker) !== deployment.connection);
    if (other === undefined) return { source, losses: [] };
    const reason = `the reasoning state can be read by ${other} only, which does not answer`;
    return {
      source: { ...source, request: withoutSealed(source.request), withoutState: true },
      losses: [{ param: 'reasoning_details', action: 'dropped', reason }],
    };
  }

  /** An answer has begun here: what its provider caches of the conversation is here from now on. */
  noteAnswer(marks: readonly string[], { deployment }: ModelEntry): void {
    for (const mark of marks) this.affinity.note(mark, deployment.id, PREFIX_LIFETIME_MS);
  }

  /** An answer gave opaque reasoning state, as its client may bring it back. */
  noteState({ key, attempts }: ChatCall, state: string): void {
    const last = attempts.at(-1);
    if (last) this.affinity.note(stateMark(key.id, state), last.entry.deployment.id, STATE_LIFETIME_MS);
  }

  /** An answer holds items to which its client may refer, where their provider keeps them. */
  noteItems(keyId: string, ids: readonly string[], deploymentId: string): void {
    for (const id of ids) this.affinity.note(itemMark(keyId, id), deploymentId, STATE_LIFETIME_MS);
  }

  /** What made the last of these items, where that is known. */
  makerOfItems(keyId: string, ids: readonly string[]): string | undefined {
    return ids.map((id) => this.affinity.find(itemMark(keyId, id))).findLast((maker) => maker !== undefined);
  }

  /** A conversation that has moved carries state of several makers. */
  private makersOfSealed({ source, key, madeBy }: ChatCall): string[] {
    const sealed = source!.request.messages.filter(carriesSealed);
    if (sealed.length === 0) return [];
    const states = sealed.map((message) => opaqueState(message.reasoning_details));
    const makers = states.map((state) =>
      state === undefined ? undefined : this.affinity.find(stateMark(key.id, state)),
    );
    return [madeBy, ...makers].filter((maker) => maker !== undefined);
  }

  private findPrefix(marks: readonly PrefixMark[]): string | undefined {
    for (const { mark, isSought } of marks) {
      const found = isSought ? this.affinity.find(mark) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const written = (marks: readonly PrefixMark[]): string[] => marks.map(({ mark }) => mark);

function inFront(plan: Plan, first: ModelEntry): Plan {
  return [first, ...plan.filter((entry) => entry !== first)];
}

const connectionOf = (deploymentId: string): string => deploymentId.slice(0, deploymentId.indexOf('/'));

const carriesSealed = ({ reasoning_details: details }: ChatMessage): boolean => details?.some(isSealed) ?? false;

function withoutSealed(request: ChatRequest): ChatRequest {
  const messages = request.messages.map((message) => {
    const { reasoning_details: details, ...rest } = message;
    const kept = details?.filter((detail) => !isSealed(detail));
    return kept && kept.length > 0 ? { ...rest, reasoning_details: kept } : rest;
  });
  return { ...request, messages: messages as ChatRequest['messages'] };
}

function notReachable(madeBy: string): GatewayError {
  const reason = `the reasoning state was made by ${madeBy}, which cannot be asked for this model`;
  const param = 'reasoning_details';
  return new GatewayError('unsupported_parameter', { param, values: { param, provider: 'gateway', reason } });
}
