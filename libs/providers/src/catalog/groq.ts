import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

/** The price list still has what Groq has retired. https://console.groq.com/docs/deprecations */
const NOT_CHAT =
  /whisper|tts|orpheus|guard|preview|^llama[23]-|^gemma|mixtral|specdec|distill|saba|^llama-3\.1-(?:70|405)b/;

export const groq: Provider = {
  id: 'groq',
  name: 'Groq',
  dialects: [openaiChat],
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { prefix: 'GROQ', apiKey: ['GROQ_API_KEY'] },
  pricesId: 'groq',
  embeddingsFormatOf: () => undefined,
  isChatModel: (model) => !NOT_CHAT.test(model),
  defaultModel: 'openai/gpt-oss-20b',
  // `n` may be 1 only: https://console.groq.com/docs/api-reference#chat-create
  // https://console.groq.com/docs/openai#currently-unsupported-openai-features, https://console.groq.com/docs/reasoning
  quirks: { oneChoice: true, refused: ['logprobs', 'top_logprobs', 'logit_bias'], reasoningAs: 'reasoning' },
};
