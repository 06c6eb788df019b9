import type { DialectId } from '@parley/contracts';
import { bedrockEmbeddings } from './bedrock.ts';
import { cohereEmbeddings } from './cohere.ts';
import type { EmbeddingsFormat } from './format.ts';
import { geminiEmbeddings } from './gemini.ts';
import { ollamaEmbeddings } from './ollama.ts';
import { openaiEmbeddings } from './openai.ts';

/** The format in which those who speak a dialect make embeddings; undefined: they make none. */
export function embeddingsFormatOf(dialect: DialectId, upstreamModel: string): EmbeddingsFormat | undefined {
  switch (dialect) {
    case 'openai-chat':
    case 'openai-responses':
      return openaiEmbeddings;
    case 'gemini-generate-content':
      return geminiEmbeddings;
    case 'bedrock-converse':
      return bedrockEmbeddings(upstreamModel);
    case 'cohere-chat':
      return cohereEmbeddings;
    case 'ollama-chat':
      return ollamaEmbeddings;
    case 'anthropic-messages':
      return undefined;
  }
}
