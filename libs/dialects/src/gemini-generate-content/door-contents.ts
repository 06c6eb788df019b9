import { invalidRequest, type ChatContentPart, type ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { fieldsOf, listOf, requiredText, textIn } from './door-fields.ts';
import { decodePart } from './door-parts.ts';
import { ModelTurn } from './door-model-turn.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { synthesiseToolCallId } from './tool-call-id.ts';

type Call = { id: string; name: string; isAnswered: boolean };
type Source = {
  contents: unknown;
  /** Part of the conversation is kept at Google: a result may belong to a call that is not seen here. */
  isCached: boolean;
};

/** `contents` as hub messages. Throws `invalid_request` for an unknown role, and for a result of no call. */
export function decodeContents({ contents, isCached }: Source, losses: Loss[]): ChatMessage[] {
  const decoder = new ContentsDecoder(isCached, losses);
  for (const [position, content] of listOf(contents).entries()) decoder.add(content, position);
  return decoder.finish();
}

class ContentsDecoder {
  private readonly messages: ChatMessage[] = [];
  private readonly calls: Call[] = [];
  /** Clients keep a streamed answer in many pieces; results must follow all of its calls. */
  private turn: ModelTurn | undefined;

  constructor(
    private readonly isCached: boolean,
    private readonly losses: Loss[],
  ) {}

  add(value: unknown, position: number): void {
    const param = `contents.${position}`;
    const content = fieldsOf(value, param);
    const role = textIn(content, 'role', param) ?? 'user';
    const parts = listOf(content['parts']).map((part, at) => fieldsOf(part, `${param}.parts.${at}`));
    if (role === 'model') return this.addModelParts(parts, position);
    // `function` and `tool` are older names for the user's turn with results.
    if (role !== 'user' && role !== 'function' && role !== 'tool') {
      throw invalidRequest(`${param}.role`, 'must be "user" or "model"');
    }
    if (parts.length === 0) throw invalidRequest(`${param}.parts`, 'is required');
    this.closeTurn();
    this.addUserParts(parts, param);
  }

  finish(): ChatMessage[] {
    this.closeTurn();
    return this.messages;
  }

  private addModelParts(parts: JsonObject[], position: number): void {
    this.turn ??= new ModelTurn(this.losses);
    for (const [at, part] of parts.entries()) {
      const param = `contents.${position}.parts.${at}`;
      const call = part['functionCall'];
      if (call === undefined) this.turn.addPart(part, param);
      else this.addCall(this.turn, part, position, at);
    }
  }

  private addCall(turn: ModelTurn, part: JsonObject, position: number, at: number): void {
    const param = `contents.${position}.parts.${at}.functionCall`;
    const called = fieldsOf(part['functionCall'], param);
    const name = requiredText(called, 'name', param);
    const id = textIn(called, 'id', param) || synthesiseToolCallId('history', position, at);
    const args = called['args'] ?? {};
    if (!isObject(args)) throw invalidRequest(`${param}.args`, 'must be an object');
    this.calls.push({ id, name, isAnswered: false });
    turn.addCall(part, { id, type: 'function', function: { name, arguments: JSON.stringify(args) } });
  }

  private closeTurn(): void {
    const message = this.turn?.finish();
    this.turn = undefined;
    if (message) this.messages.push(message);
  }

  private addUserParts(parts: JsonObject[], param: string): void {
    const shown: ChatContentPart[] = [];
    for (const [at, part] of parts.entries()) {
      const place = `${param}.parts.${at}`;
      if (part['functionResponse'] !== undefined) {
        this.messages.push(this.decodeResult(part['functionResponse'], `${place}.functionResponse`));
        continue;
      }
      const decoded = decodePart(part, place, this.losses);
      if (decoded) shown.push(decoded);
    }
    if (shown.length > 0) this.messages.push({ role: 'user', content: plainContent(shown) });
  }

  private decodeResult(value: unknown, param: string): ChatMessage {
    const result = fieldsOf(value, param);
    const call = this.findCall(textIn(result, 'id', param), requiredText(result, 'name', param), param);
    call.isAnswered = true;
    const media = listOf(result['parts']).flatMap((part, at) => {
      const place = `${param}.parts.${at}`;
      return decodePart(fieldsOf(part, place), place, this.losses) ?? [];
    });
    const text = decodeResultText(result['response'] ?? {});
    const content = media.length === 0 ? text : [{ type: 'text' as const, text }, ...media];
    return { role: 'tool', tool_call_id: call.id, content };
  }

  /** By its id; most clients give none, and then results stand in the order of the calls of that name. */
  private findCall(id: string | undefined, name: string, param: string): Call {
    const open = this.calls.filter(({ isAnswered }) => !isAnswered);
    const found =
      (id ? this.calls.findLast((call) => call.id === id) : undefined) ?? open.find((call) => call.name === name);
    if (found) return found;
    if (!this.isCached) throw invalidRequest(param, `answers a call of "${name}" that no earlier content makes`);
    this.losses.push({ param, action: 'refused', reason: 'its call is kept at Google' });
    return { id: id ?? '', name, isAnswered: true };
  }
}

/** `{result: "text"}` is how a plain text goes to Gemini; everything else stays the object that it is. */
function decodeResultText(response: unknown): string {
  if (isObject(response) && Object.keys(response).length === 1 && typeof response['result'] === 'string') {
    return response['result'];
  }
  return JSON.stringify(response);
}

/** A single text is a text: some servers take nothing else. */
export function plainContent(parts: ChatContentPart[]): string | ChatContentPart[] {
  const [first, ...others] = parts;
  return first?.type === 'text' && others.length === 0 ? first.text : parts;
}
