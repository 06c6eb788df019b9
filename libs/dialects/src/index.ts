export { messagesCountDoor, messagesDoor } from './anthropic-messages/door.ts';
export { anthropicMessages } from './anthropic-messages/index.ts';
export { bedrockConverse } from './bedrock-converse/index.ts';
export { cohereChat } from './cohere-chat/index.ts';
export * from './dialect.ts';
export * from './door.ts';
export * from './embeddings/gemini-door.ts';
export { vertexEmbeddings } from './embeddings/gemini.ts';
export * from './embeddings/format.ts';
export { embeddingsFormatOf } from './embeddings/formats.ts';
export * from './embeddings/join.ts';
export { createOpenaiEmbeddings, type EmbeddingsQuirks } from './embeddings/openai.ts';
export { decodeEmbeddingsRequest, inputsOf } from './embeddings/request.ts';
export { openGeminiCountDoor } from './gemini-generate-content/door-count.ts';
export { encodeGeminiFailure } from './gemini-generate-content/door-failure.ts';
export { openGeminiDoor, type GeminiPath } from './gemini-generate-content/door.ts';
export { geminiGenerateContent } from './gemini-generate-content/index.ts';
export * from './json-members.ts';
export { ollamaChat } from './ollama-chat/index.ts';
export * from './one-choice.ts';
export { chatDoor } from './openai-chat/door.ts';
export { openaiChat } from './openai-chat/index.ts';
export type { ChatQuirks } from './openai-chat/quirks.ts';
export { inputText, readMemory, recallTurns, type StoredTurn } from './openai-responses/conversation.ts';
export { listInputItems, type InputItem } from './openai-responses/input-items.ts';
export { itemsOf, referredItems, referredResponses, resolveReferences } from './openai-responses/references.ts';
export { responsesDoor } from './openai-responses/door.ts';
export { openaiResponses } from './openai-responses/index.ts';
export * from './reasoning-state.ts';
export * from './retry-after.ts';
export * from './scrub.ts';
export * from './sse.ts';
export {
  badAnswer,
  TranslatedStream,
  type StreamEncoder,
  type StreamFacts,
  type StreamTransform,
} from './stream-transform.ts';
