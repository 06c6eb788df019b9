/**
 * OpenAI's embeddings, in which every format of embeddings meets. Unknown fields are legal and survive towards providers
 * that speak this shape. Source: https://platform.openai.com/docs/api-reference/embeddings
 */
export type EmbeddingsRequest = {
  model: string;
  /** One text or several, each as characters or as the model's own tokens. */
  input: string | string[] | number[] | number[][];
  /** Absent: `float`. */
  encoding_format?: 'float' | 'base64' | null;
  dimensions?: number | null;
  user?: string | null;
  [field: string]: unknown;
};

/** One text: its characters, or its tokens. */
export type EmbeddingInput = string | number[];

export type EmbeddingsResponse = {
  object: 'list';
  /** One for each input, in the order of the inputs. */
  data: Embedding[];
  model: string;
  usage: EmbeddingsUsage;
  [field: string]: unknown;
};

export type Embedding = {
  object: 'embedding';
  index: number;
  /** Numbers, or the base64 of little-endian 32-bit floats. */
  embedding: number[] | string;
  [field: string]: unknown;
};

export type EmbeddingsUsage = { prompt_tokens: number; total_tokens: number; [field: string]: unknown };

/** OpenAI's limit for one request. */
export const MAX_EMBEDDING_INPUTS = 2048;
