import { count, messages } from './anthropic-input-doors.ts';
import { generate, geminiCount, stream } from './gemini-input-doors.ts';
import type { InputDoor } from './input-door.ts';
import { chat, embeddings, responses } from './openai-input-doors.ts';

export const INPUT_DOORS: readonly InputDoor[] = [
  chat,
  responses,
  messages,
  count,
  generate,
  stream,
  geminiCount,
  embeddings,
];
