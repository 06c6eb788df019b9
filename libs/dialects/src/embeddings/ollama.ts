import { MAX_EMBEDDING_INPUTS } from '@parley/contracts';
import type { EmbeddingsFormat } from './format.ts';
import { inputsOf, listDropped, textsOf } from './request.ts';
import { readCount, readNumbers } from './vectors.ts';

/** Ollama's `POST /api/embed`: https://docs.ollama.com/api/embed */
export const ollamaEmbeddings: EmbeddingsFormat = {
  id: 'ollama',
  maxInputs: MAX_EMBEDDING_INPUTS,
  encodeRequest(request, { upstreamModel: model }) {
    const { texts: input, losses } = textsOf(request);
    const { dimensions } = request;
    return {
      body: { model, input, ...(dimensions != null && { dimensions }) },
      losses: [...losses, ...listDropped(request)],
    };
  },
  decodeResponse(body, { request }) {
    const { embeddings, prompt_eval_count: counted } = (body ?? {}) as Record<string, unknown>;
    return { vectors: readNumbers(embeddings, inputsOf(request).length), promptTokens: readCount(counted) };
  },
};
