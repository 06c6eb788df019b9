import type { ChatCompletionChunk } from '@parley/contracts';
import type { StreamEncoder } from '../stream-transform.ts';

/** Hub chunks for a chat client: they are in its format already. */
export class ChatStreamEncoder implements StreamEncoder {
  encode(chunk: ChatCompletionChunk): string {
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }

  finish(): string {
    return 'data: [DONE]\n\n';
  }
}
