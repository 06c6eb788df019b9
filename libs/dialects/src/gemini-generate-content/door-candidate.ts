import type { ChatDelta, ReasoningDetail } from '@parley/contracts';
import { encodeCarriedState } from './carried-state.ts';
import { encodeCitations } from './citations.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

type OpenCall = { id: string; name: string; arguments: string };

/**
 * Writes one choice as the parts of a Gemini candidate, from the deltas of a stream or from a whole message, which is one
 * large delta: the two cannot differ.
 */
export class CandidateWriter {
  private text = '';
  private reasoning = '';
  private readonly calls = new Map<number, OpenCall>();
  private readonly details: ReasoningDetail[] = [];
  private readonly annotations: unknown[] = [];

  constructor(private readonly includeThoughts: boolean) {}

  /** The parts that can be told at once. Calls wait for the end, since Gemini tells none in pieces. */
  push(delta: ChatDelta): JsonObject[] {
    const { reasoning_content: reasoning, content, refusal } = delta;
    this.reasoning += reasoning ?? '';
    this.details.push(...(delta.reasoning_details ?? []));
    this.annotations.push(...(delta.annotations ?? []));
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      const call = this.calls.get(index) ?? { id: id ?? '', name: called?.name ?? '', arguments: '' };
      call.arguments += called?.arguments ?? '';
      this.calls.set(index, call);
    }
    const said = (content ?? '') + (refusal ?? '');
    this.text += said;
    return [
      ...(reasoning && this.includeThoughts ? [{ text: reasoning, thought: true }] : []),
      ...(said === '' ? [] : [{ text: said }]),
      ...objectsIn(delta['images']).flatMap(encodeImage),
    ];
  }

  /** The parts still owed: calls, and the state that the client is to give back. */
  finish(): JsonObject[] {
    const calls = [...this.calls.values()];
    const carried = this.carriedSignature();
    const parts = calls.map((call, position) => {
      const signature = this.signatureOf(call.id) ?? (position === 0 ? carried : undefined);
      return { functionCall: encodeCall(call), ...(signature !== undefined && { thoughtSignature: signature }) };
    });
    const turnSignature = this.signatureOf(undefined) ?? (calls.length === 0 ? carried : undefined);
    // On an empty text, as Gemini itself sends the signature of a turn in a stream.
    return turnSignature === undefined ? parts : [{ text: '', thoughtSignature: turnSignature }, ...parts];
  }

  groundingMetadata(): JsonObject | undefined {
    return encodeCitations(this.annotations, this.text);
  }

  /** Gemini's own signature, of a call or of the turn. */
  private signatureOf(callId: string | undefined): string | undefined {
    const own = this.details.findLast(
      ({ format, id }) => format === 'google-gemini-v1' && (id ?? undefined) === callId,
    );
    return own?.data ?? undefined;
  }

  private carriedSignature(): string | undefined {
    const details = this.details.filter(({ format }) => format !== 'google-gemini-v1');
    if (details.length > 0) return encodeCarriedState({ details });
    const isWanted = this.calls.size > 0 && this.reasoning !== '' && this.details.length === 0;
    return isWanted ? encodeCarriedState({ details, reasoning: this.reasoning }) : undefined;
  }
}

function encodeCall({ id, name, arguments: text }: OpenCall): JsonObject {
  return { ...(id !== '' && { id }), name, args: decodeArguments(text) };
}

/** `args` is an object: what is none, because it was cut or the model erred, is given as the text that it is. */
function decodeArguments(text: string): JsonObject {
  if (text.trim() === '') return {};
  try {
    const args: unknown = JSON.parse(text);
    if (isObject(args)) return args;
  } catch {
    // Told as text below.
  }
  return { arguments: text };
}

function encodeImage(image: JsonObject): JsonObject[] {
  const url = isObject(image['image_url']) ? textOf(image['image_url']['url']) : undefined;
  const [, mimeType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url ?? '') ?? [];
  return data === undefined ? [] : [{ inlineData: { mimeType, data } }];
}
