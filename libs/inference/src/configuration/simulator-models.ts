import type { NewModel } from '@parley/persistence';

/** The simulator speaks three dialects, so it is three connections. `path` follows the simulator's address. */
export const SIMULATOR_CONNECTIONS = [
  { name: 'simulator', provider: 'openai-compatible', path: '/openai/v1', embeds: true },
  { name: 'simulator-anthropic', provider: 'anthropic-compatible', path: '/anthropic', embeds: false },
  { name: 'simulator-gemini', provider: 'google', path: '/gemini', embeds: true },
] as const;

export const isSimulator = (name: string): boolean =>
  SIMULATOR_CONNECTIONS.some((connection) => connection.name === name);

/** What a request asks for when nothing says otherwise and the simulator is all there is. */
export const SIMULATOR_DEFAULT_MODEL = 'simulator/small';

/** Round, made-up prices in US dollars per million tokens, so that costs can be checked by eye. */
const PRICING = { cached_input: '0.1', cache_write: '1.25', cache_write_1h: '2', batch_factor: '0.5' };

export function simulatorModels(connection: string): NewModel[] {
  const facts = { connection, contextLength: 128_000, maxOutputTokens: 16_384 };
  const embeds = SIMULATOR_CONNECTIONS.some((known) => known.name === connection && known.embeds);
  return [
    {
      ...facts,
      modelId: `${connection}/small`,
      upstreamModel: 'small',
      displayName: 'Simulator small',
      pricing: { ...PRICING, input: '1', output: '2' },
      capabilities: { tools: true, json_schema: true, images: true, reasoning: 'none', embeddings: false },
    },
    {
      ...facts,
      modelId: `${connection}/large`,
      upstreamModel: 'large',
      displayName: 'Simulator large, reasons first',
      pricing: { ...PRICING, input: '5', output: '10' },
      capabilities: { tools: true, json_schema: true, images: true, reasoning: 'budget', embeddings: false },
    },
    ...(embeds ? [embeddingModel(connection)] : []),
  ];
}

const embeddingModel = (connection: string): NewModel => ({
  connection,
  modelId: `${connection}/embed`,
  upstreamModel: 'embed',
  displayName: 'Simulator embeddings',
  contextLength: 8192,
  pricing: { input: '0.1', batch_factor: '0.5' },
  capabilities: { embeddings: true },
});
