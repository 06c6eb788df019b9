import type { DialectId } from '@parley/contracts';
import { findProvider } from '@parley/providers';
import { listRecordings } from './recordings.ts';
import type { Lane } from './replay.ts';

type Wire = { dialect: DialectId; endpoints: readonly string[]; arrivesAt: RegExp };

const WIRES = {
  chat: { dialect: 'openai-chat', endpoints: ['chat.completions'], arrivesAt: /\/chat\/completions$/ },
  responses: { dialect: 'openai-responses', endpoints: ['responses'], arrivesAt: /\/responses$/ },
  gemini: {
    dialect: 'gemini-generate-content',
    endpoints: ['generateContent', 'streamGenerateContent'],
    arrivesAt: /\/models\/recorded:(streamGenerateContent\?alt=sse|generateContent)$/,
  },
  converse: {
    dialect: 'bedrock-converse',
    endpoints: ['converse', 'converse-stream'],
    arrivesAt: /\/model\/recorded\/converse(-stream)?$/,
  },
  cohere: { dialect: 'cohere-chat', endpoints: ['cohere.chat'], arrivesAt: /\/v2\/chat$/ },
  ollama: { dialect: 'ollama-chat', endpoints: ['ollama.chat'], arrivesAt: /\/api\/chat$/ },
} as const satisfies Record<string, Wire>;

/** Labels of the recordings whose vendor has no entry of its own: a compatible server as anybody would connect one. */
const COMPATIBLE = 'openai-compatible';

const SPOKEN: [label: string, wires: (keyof typeof WIRES)[]][] = [
  ['alibaba', ['chat']],
  ['azure', ['chat', 'responses']],
  ['bedrock', ['converse']],
  ['bedrock-mantle', ['chat', 'responses']],
  ['cerebras', ['chat']],
  ['cloudflare', ['chat']],
  ['cohere', ['cohere']],
  ['databricks', ['chat']],
  ['deepseek', ['chat']],
  ['groq', ['chat']],
  ['huggingface', ['chat']],
  ['litellm', ['chat']],
  ['llamacpp-or-other', ['chat']],
  ['mistral', ['chat']],
  ['moonshot', ['chat']],
  ['ollama', ['chat', 'ollama']],
  ['open-responses', ['responses']],
  ['openai', ['responses']],
  ['openai-compatible', ['chat']],
  ['openrouter', ['chat', 'responses']],
  ['perplexity', ['chat']],
  ['snowflake', ['chat']],
  ['together', ['chat']],
  ['vercel-gateway', ['chat']],
  ['vertex', ['gemini']],
  ['vllm', ['chat']],
  ['xai', ['chat', 'responses']],
  ['zai', ['chat']],
];

/** Every recorded answer to a call for text that is not OpenAI's chat, Anthropic's or the Gemini API's. */
export const VENDOR_LANES: readonly Lane[] = SPOKEN.flatMap(([label, wires]) =>
  wires.map((name) => {
    const { dialect, endpoints, arrivesAt } = WIRES[name];
    const provider = findProvider(label)?.id ?? COMPATIBLE;
    return {
      connection: `${label}-${name}`,
      provider,
      dialect,
      arrivesAt,
      recordings: listRecordings(label, endpoints),
    };
  }),
);
