import type {
  ChatChunkChoice,
  ChatCompletionChunk,
  ChatDelta,
  ChatUsage,
  FinishReason,
  ReasoningDetail,
} from '@parley/contracts';
import type { StreamEncoder } from '../stream-transform.ts';
import { isClaudes, packDetails } from './door-reasoning.ts';
import { encodeStop, encodeUsage, openMessage } from './door-response.ts';
import { BlockWriter, writeEvent } from './door-stream-blocks.ts';
import { CallQueue } from './door-stream-calls.ts';

/** Writes hub chunks as the events of a message. Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
export class MessageStreamEncoder implements StreamEncoder {
  private readonly blocks = new BlockWriter();
  private readonly calls = new CallQueue(this.blocks, () => this.writeState());
  /** Other providers' reasoning state, held until the next block, before which it belongs. */
  private state: ReasoningDetail[] = [];
  private started = false;
  private finishReason: FinishReason = 'stop';
  private nativeReason: unknown;
  private refused = false;
  private usage: ChatUsage | undefined;

  encode(chunk: ChatCompletionChunk): string {
    if (chunk.usage) this.usage = chunk.usage;
    const opening = this.started ? '' : this.start(chunk);
    const [choice] = chunk.choices;
    return choice?.index === 0 ? opening + this.encodeChoice(choice) : opening;
  }

  finish(): string {
    const delta = encodeStop(this.finishReason, this.nativeReason, this.refused);
    return writeEvent('message_delta', { delta, usage: encodeUsage(this.usage) }) + writeEvent('message_stop');
  }

  private start({ id, model }: ChatCompletionChunk): string {
    this.started = true;
    const open = { content: [], stop_reason: null, stop_sequence: null, usage: encodeUsage(this.usage) };
    return writeEvent('message_start', { message: { ...openMessage(id, model), ...open } });
  }

  private encodeChoice(choice: ChatChunkChoice): string {
    const text = this.encodeDelta(choice.delta);
    if (choice.finish_reason === null) return text;
    this.finishReason = choice.finish_reason;
    this.nativeReason = choice['native_finish_reason'];
    return text + this.calls.finish() + this.writeState() + this.blocks.close();
  }

  private encodeDelta({ content, refusal, tool_calls: calls, ...delta }: ChatDelta): string {
    let text = this.encodeReasoning(delta.reasoning_content ?? '', delta.reasoning_details ?? []);
    if (refusal) this.refused = true;
    const said = (content ?? '') + (refusal ?? '');
    if (said !== '') {
      text += this.calls.finish();
      if (!this.blocks.isOpen('text')) text += this.writeState();
      text += this.blocks.addText(said);
    }
    return calls ? text + this.calls.add(calls) : text;
  }

  /**
   * A thought comes as text, as pieces of state that hold the same text, or as both: it is written once, and its signature
   * ends it.
   */
  private encodeReasoning(thought: string, details: readonly ReasoningDetail[]): string {
    if (thought === '' && details.length === 0) return '';
    const own = details.filter(isClaudes);
    const isInDetails = thought !== '' && own.map((detail) => detail.text ?? '').join('') === thought;
    let text = isInDetails || thought === '' ? '' : this.calls.finish() + this.blocks.addThought(thought);
    for (const detail of own) {
      const words = isInDetails || !this.blocks.isOpen('thinking') ? (detail.text ?? '') : '';
      if (detail.data || detail.signature || words !== '') text += this.calls.finish();
      if (detail.data) text += this.blocks.addWhole({ type: 'redacted_thinking', data: detail.data });
      if (words !== '') text += this.blocks.addThought(words);
      if (detail.signature) text += this.blocks.signThought(detail.signature);
    }
    for (const detail of details) if (!isClaudes(detail)) addPiece(this.state, detail);
    return text;
  }

  /** State has the signature of the thought before it for a place, or a block of its own. */
  private writeState(): string {
    const { state } = this;
    this.state = [];
    if (this.blocks.isOpen('thinking')) return this.blocks.signThought(packDetails(state));
    return state.length === 0 ? '' : this.blocks.addWhole({ type: 'redacted_thinking', data: packDetails(state) });
  }
}

/** OpenRouter sends a piece in fragments that carry the same index. */
function addPiece(state: ReasoningDetail[], piece: ReasoningDetail): void {
  const last = state.at(-1);
  const continues = typeof piece.index === 'number' && last?.index === piece.index && last.type === piece.type;
  if (!last || !continues || piece.type === 'reasoning.encrypted') {
    state.push(piece);
    return;
  }
  state[state.length - 1] = {
    ...last,
    ...piece,
    ...(last.text != null && { text: last.text + (piece.text ?? '') }),
    ...(last.summary != null && { summary: last.summary + (piece.summary ?? '') }),
  };
}
