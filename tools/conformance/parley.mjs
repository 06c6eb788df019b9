/** Parley as the kit wants it: gateway and worker, set up through the management API. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { entryOf, migrate } from '../testing/built-parley.mjs';

/**
 * @typedef {'openai' | 'anthropic' | 'gemini'} Kind what serves the tested model
 *
 * @typedef {object} Setup
 * @property {{ name: string, provider: string, path: string, models: string[] }[]} connections `path` is the part of the
 *   scripted upstream that speaks as this provider does
 * @property {string} model
 * @property {string} embeddingModel
 */

/**
 * What each run of the kit needs. Each has connections, and an upstream, of its own: the kit looks for its calls in the
 * upstream's log by their time.
 * @type {Record<Kind, Setup>}
 */
export const SETUPS = {
  openai: {
    connections: [
      { name: 'openai', provider: 'openai', path: '/openai/v1', models: ['kit-model', 'text-embedding-kit'] },
    ],
    model: 'openai/kit-model',
    embeddingModel: 'openai/text-embedding-kit',
  },
  anthropic: {
    connections: [
      { name: 'anthropic', provider: 'anthropic', path: '/anthropic', models: ['claude-kit'] },
      // Anthropic makes no embeddings.
      { name: 'openai-embeddings', provider: 'openai', path: '/openai/v1', models: ['text-embedding-kit'] },
    ],
    model: 'anthropic/claude-kit',
    embeddingModel: 'openai-embeddings/text-embedding-kit',
  },
  gemini: {
    connections: [
      { name: 'google', provider: 'google', path: '/gemini', models: ['gemini-kit', 'text-embedding-kit'] },
    ],
    model: 'google/gemini-kit',
    embeddingModel: 'google/text-embedding-kit',
  },
};

export const KINDS = /** @type {Kind[]} */ (Object.keys(SETUPS));

/**
 * Starts gateway and worker, connected with the upstreams.
 * @param {import('../testing/children.mjs').Children} children
 * @param {object} options
 * @param {string} options.databaseUrl an empty database
 * @param {Record<Kind, string>} options.upstreamUrls
 * @param {string} options.folder for the spool
 * @returns {Promise<{ baseUrl: string, keys: Record<Kind, string> }>}
 */
export async function startParley(children, { databaseUrl, upstreamUrls, folder }) {
  const adminKey = `sk-parley-${randomBytes(32).toString('base64url')}`;
  const environment = {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_MASTER_KEY: randomBytes(32).toString('hex'),
    ADMIN_KEY: adminKey,
    QUEUE: 'postgres',
    SIMULATOR: 'off',
    PORT: '0',
    METRICS_PORT: '0',
    DRAIN_TIMEOUT_S: '0',
    SPOOL_DIR: join(folder, 'spool'),
  };
  await migrate(environment);
  const gateway = await children.start('gateway', [entryOf('gateway')], environment);
  const origin = `http://127.0.0.1:${gateway.port}`;
  const post = (/** @type {string} */ path, /** @type {object} */ body) =>
    postTo(`${origin}/api/${path}`, adminKey, body);
  const keys = /** @type {Record<Kind, string>} */ ({});
  for (const kind of KINDS) {
    await connect(post, SETUPS[kind], upstreamUrls[kind]);
    // One each: the newest batch of a key is to be the run's own.
    const { key } = /** @type {{ key: string }} */ (await post('keys', { name: kind, role: 'member' }));
    keys[kind] = key;
  }
  // When the models are there: it asks the providers for theirs at once.
  await children.start('worker', [entryOf('worker')], environment);
  return { baseUrl: `${origin}/v1`, keys };
}

/**
 * @param {(path: string, body: object) => Promise<unknown>} post
 * @param {Setup} setup
 * @param {string} upstreamUrl
 */
async function connect(post, { connections }, upstreamUrl) {
  for (const { name, provider, path, models } of connections) {
    const address = { base_url: upstreamUrl + path, allow_private_network: true };
    await post('providers', { name, provider, ...address, credentials: [{ api_key: 'key-of-the-upstream' }] });
    for (const model of models) {
      await post('models', { model_id: `${name}/${model}`, connection: name, upstream_model: model });
    }
  }
}

/**
 * @param {string} url
 * @param {string} key
 * @param {object} body
 * @returns {Promise<unknown>}
 */
async function postTo(url, key, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${url} was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
