/**
 * Writes docs/providers/table.md from the catalog: `node tools/provider-table.mjs` after every change there, once it is
 * built. The page is committed, since people read it where nothing is built; a test compares the two.
 */
import { embeddingsFormatFor } from '@parley/providers';
import { writeFile } from 'node:fs/promises';

/**
 * @import { DialectId } from '../libs/contracts/src/models.ts'
 * @import { Provider, ProviderEnvironment } from '../libs/providers/src/provider.ts'
 */

const FILE = new URL('../docs/providers/table.md', import.meta.url);
const ABILITIES = [
  'provider',
  'tools',
  'JSON schema',
  'images',
  'reasoning',
  'log probabilities',
  'several answers',
  'embeddings',
];

const SEVERAL_CALLS = 'by several calls';

/** What a dialect can carry; whether a single model can do it, its capabilities tell. */
/** @type {Record<DialectId, { schema: string, images: string, logprobs: boolean, choices: string }>} */
const CARRIED = {
  'openai-chat': { schema: 'yes', images: 'URL, base64', logprobs: true, choices: 'in one call' },
  'openai-responses': { schema: 'yes', images: 'URL, base64', logprobs: true, choices: SEVERAL_CALLS },
  'anthropic-messages': { schema: 'yes, or emulated', images: 'URL, base64', logprobs: false, choices: SEVERAL_CALLS },
  'gemini-generate-content': {
    schema: 'yes',
    images: 'URL, base64',
    logprobs: true,
    choices: 'in one call from Gemini 2, unless streamed',
  },
  'bedrock-converse': { schema: 'yes, or emulated', images: 'base64', logprobs: false, choices: SEVERAL_CALLS },
  'ollama-chat': { schema: 'yes', images: 'base64', logprobs: true, choices: SEVERAL_CALLS },
  'cohere-chat': { schema: 'yes', images: 'URL, base64', logprobs: true, choices: SEVERAL_CALLS },
};
/** Names of models that make embeddings somewhere: a vendor that has a format for one of them makes them. */
const EMBEDDING_MODELS = ['embed', 'text-embedding-005', 'amazon.titan-embed-text-v2:0'];

const HEADINGS = ['provider', 'vendor', 'speaks', 'variables', 'default address', 'key', 'model list', 'prices'];

/**
 * All variables that a provider's catalog file names, but for those that every provider has by its prefix.
 * @param {ProviderEnvironment} environment
 */
export const variablesOf = ({ apiKey, baseUrl = [], options = {} }) => [
  ...new Set([...apiKey, ...baseUrl, ...Object.values(options).flat()]),
];

/**
 * The page's exact text.
 * @param {readonly Provider[]} providers
 */
export function renderProviderTable(providers) {
  const rows = [HEADINGS, HEADINGS.map(() => '---'), ...providers.map(describe)];
  return `# All providers

Written by \`tools/provider-table.mjs\` from the catalog: change that, not this page. How to connect them: [README.md](README.md).

- **speaks**: the dialects, the preferred one first.
- **variables**: what makes a connection at the first start. Where several hold a key, the first one that is set counts. The last one overrides the address; the same with \`_ENABLED\` at its end and the value 0 keeps the connection from being made.
- **key**: the header that carries it; "optional": the server may want none.
- **model list**: "its own": the vendor tells more than names there, or at an address of its own; "none": a connection's test then goes straight to the call.
- **prices**: whether \`@pydantic/genai-prices\` knows them, and the model that \`default\` stands for. Others have the prices of their own list, those that you give them, or none: the cost is then null.

${writeTable(rows)}

## What goes through

Of the dialect that a provider prefers. What a single model can do is told by \`GET /v1/models\`; what cannot be carried is emulated, dropped or refused aloud.

${writeTable([ABILITIES, ABILITIES.map(() => '---'), ...providers.map(describeAbilities)])}
`;
}

/** @param {string[][]} rows */
const writeTable = (rows) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** @param {Provider} provider */
function describeAbilities(provider) {
  const { id, dialects, quirks } = provider;
  const { schema, images, logprobs, choices } = CARRIED[dialects[0].id];
  const refused = quirks?.refused ?? [];
  const word = (/** @type {boolean} */ can) => (can ? 'yes' : 'no');
  return [
    code(id),
    word(!refused.includes('tools')),
    refused.includes('response_format') ? 'no' : schema,
    images,
    'yes',
    word(logprobs && !refused.includes('logprobs')),
    quirks?.oneChoice === true ? SEVERAL_CALLS : choices,
    word(EMBEDDING_MODELS.some((model) => makesEmbeddings(provider, model))),
  ];
}

/**
 * @param {Provider} provider
 * @param {string} upstreamModel
 */
function makesEmbeddings(provider, upstreamModel) {
  const target = { provider: provider.id, upstreamModel, capabilities: {}, maxOutputTokens: null };
  const account = { baseUrl: 'https://any.example', options: {}, allowPrivateNetwork: false, credentials: [] };
  const [dialect] = provider.dialects;
  return Boolean(embeddingsFormatFor({ id: '', connection: '', provider, dialect, target, ...account }));
}

/** @param {Provider} provider */
function describe(provider) {
  const { id, name, dialects, environment, pricesId, defaultModel } = provider;
  return [
    code(id),
    name,
    dialects.map((dialect) => code(dialect.id)).join(', '),
    environment ? describeVariables(environment) : '',
    describeAddress(provider),
    describeKey(provider),
    describeList(provider),
    pricesId ? `yes${defaultModel ? `; ${code(defaultModel)}` : ''}` : '',
  ];
}

/** @param {ProviderEnvironment} environment */
function describeVariables(environment) {
  const override = `${environment.prefix}_BASE_URL`;
  return [...variablesOf(environment).filter((name) => name !== override), override].map(code).join(', ');
}

/** @param {Provider} provider */
function describeAddress(provider) {
  if (provider.baseUrl !== null) return code(provider.baseUrl);
  return provider.baseUrlFor ? 'follows from its options' : 'every connection brings its own';
}

/** @param {Provider} provider */
function describeKey({ auth, needsCredential }) {
  const header = typeof auth === 'function' ? 'made for each call' : code(auth === 'bearer' ? 'Authorization' : auth);
  return needsCredential ? header : `${header}, optional`;
}

/** @param {Provider} provider */
function describeList({ modelList }) {
  if (modelList === null) return 'none';
  return modelList ? 'its own' : "the dialect's";
}

/** @param {string} text */
const code = (text) => `\`${text}\``;

if (process.argv[1] === import.meta.filename) {
  const { PROVIDERS } = await import('@parley/providers');
  await writeFile(FILE, renderProviderTable(PROVIDERS));
}
