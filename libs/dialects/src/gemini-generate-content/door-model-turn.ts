import type { ChatMessage, ChatToolCall, ReasoningDetail } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { decodeCarriedState } from './carried-state.ts';
import { decodePart } from './door-parts.ts';
import { isObject, textOf, type JsonObject } from '../json-values.ts';

/** Gathers what a model said, part by part, into one assistant message. */
export class ModelTurn {
  private text = '';
  private reasoning = '';
  private carriedReasoning: string | undefined;
  private readonly images: JsonObject[] = [];
  private readonly calls: ChatToolCall[] = [];
  private readonly details: ReasoningDetail[] = [];

  constructor(private readonly losses: Loss[]) {}

  addCall(part: JsonObject, call: ChatToolCall): void {
    this.calls.push(call);
    this.keepState(part, call.id);
  }

  addPart(part: JsonObject, param: string): void {
    this.keepState(part, undefined);
    const code = readCode(part);
    if (code !== undefined) {
      this.losses.push({ param, action: 'emulated', reason: 'code that Gemini ran is told as text' });
      this.text += code;
      return;
    }
    const decoded = decodePart(part, param, this.losses);
    if (decoded?.type === 'image_url') this.images.push({ type: 'image_url', image_url: decoded.image_url });
    else if (decoded?.type !== 'text') return;
    else if (part['thought'] === true) this.reasoning += decoded.text;
    else this.text += decoded.text;
  }

  /** Undefined where nothing is left to say, such as of thoughts alone. */
  finish(): ChatMessage | undefined {
    const { text, calls, details, images } = this;
    const reasoning = this.carriedReasoning ?? this.reasoning;
    if (text === '' && calls.length === 0 && images.length === 0) return undefined;
    return {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(details.length > 0 && { reasoning_details: details }),
      ...(images.length > 0 && { images }),
    };
  }

  private keepState(part: JsonObject, callId: string | undefined): void {
    const signature = textOf(part['thoughtSignature']);
    if (signature === undefined) return;
    const carried = decodeCarriedState(signature);
    if (!carried) {
      const id = callId === undefined ? {} : { id: callId };
      this.details.push({ type: 'reasoning.encrypted', data: signature, ...id, format: 'google-gemini-v1' });
      return;
    }
    this.details.push(...carried.details);
    this.carriedReasoning ??= carried.reasoning;
  }
}

/** Code that Gemini wrote and ran by itself, and what came of it. */
function readCode(part: JsonObject): string | undefined {
  const { executableCode: program, codeExecutionResult: result } = part;
  if (isObject(program)) return `\n\`\`\`${fence(program['language'])}\n${textOf(program['code']) ?? ''}\n\`\`\`\n`;
  if (isObject(result)) return `\n\`\`\`\n${textOf(result['output']) ?? ''}\n\`\`\`\n`;
  return undefined;
}

const fence = (language: unknown): string => (language === 'PYTHON' ? 'python' : '');
