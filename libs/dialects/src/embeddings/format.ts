import type { Embedding, EmbeddingsRequest } from '@parley/contracts';
import type { SourceRequest } from '../door.ts';
import type { EncodedRequest, HeaderMap, Target } from '../dialect.ts';

export type EmbeddingsFormatId =
  'openai' | 'gemini' | 'vertex-predict' | 'vertex-embed-content' | 'bedrock-invoke' | 'cohere' | 'ollama';

export type EmbeddingsSource = Omit<SourceRequest<EmbeddingsRequest>, 'body'>;

/** How clients of another format than OpenAI's are answered. */
export type EmbeddingsDoor = {
  encodeResponse(answer: { data: readonly Embedding[]; promptTokens: number }): unknown;
};

/** Numbers, or the base64 of little-endian 32-bit floats where the provider gave that. */
export type Vector = number[] | string;

/** One answer of a provider: a vector for each input of the call, in their order. */
export type DecodedEmbeddings = {
  vectors: Vector[];
  /** Null: the provider did not say. */
  promptTokens: number | null;
};

export type EmbeddingsContext = {
  /** What the call asked for. */
  request: EmbeddingsRequest;
  /** Some vendors count tokens in a header. */
  headers: HeaderMap;
};

/**
 * One wire format of embeddings, as pure functions like a dialect's. Failures are read by the dialect of the deployment:
 * a vendor tells them in one way whatever it was asked.
 */
export type EmbeddingsFormat = {
  id: EmbeddingsFormatId;
  /** The most inputs that one call takes; what exceeds it is put to the provider in several calls. */
  maxInputs: number;
  encodeRequest(request: EmbeddingsRequest, target: Target): EncodedRequest;
  /** Throws `UpstreamFailureError` when the body is no answer of this format or does not answer every input. */
  decodeResponse(body: unknown, context: EmbeddingsContext): DecodedEmbeddings;
  /** Where the format is the client's own: bytes go through as they are, but for the few changes that routing needs. */
  relay?: {
    editRequest(source: EmbeddingsSource, target: Target): Buffer;
    /** Whether the provider's bytes may go to the client as they are. */
    isFaithful(body: unknown, request: EmbeddingsRequest): boolean;
  };
};
