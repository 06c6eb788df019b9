import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { VendorName } from '../src/ask.ts';
import { type Simulator, startSimulator } from '../src/server.ts';
import { dig, numberAt, parse, textAt } from './json.ts';
import { VENDOR_NAMES } from './stand.ts';

const FOLDER = process.env.PARLEY_RECORDINGS ?? join(import.meta.dirname, '../../../../shared/recordings');
const ENDPOINTS: Record<VendorName, string[]> = {
  openai: ['chat.completions'],
  'openai-responses': ['responses'],
  anthropic: ['messages'],
  gemini: ['generateContent', 'streamGenerateContent'],
  bedrock: ['converse', 'converse-stream'],
  ollama: ['chat.completions', 'ollama.chat'],
  cohere: ['cohere.chat'],
};
/** Requests of Cohere's first version, which is not spoken here. */
const FIRST_VERSION = /\/v1\/chat$/u;
/** Thinking in these was signed or encrypted by the real vendor, which nobody else can verify. */
const FOREIGN = /Invalid `signature`|could not be verified/u;
/** Kept outside the repository: without them these tests are shown as skipped. */
const whenPresent = existsSync(FOLDER) ? describe : describe.skip;

type RecordedRequest = { name: string; path: string; beta: string; body: string };

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());

whenPresent('recorded requests', () => {
  it.each(VENDOR_NAMES)('that the real %s accepted are accepted here', async (vendor) => {
    const refused: string[] = [];
    const cases = existsSync(FOLDER) ? casesOf(vendor) : [];
    for (const { name, path, beta, body } of cases) {
      const headers = { authorization: 'Bearer k', 'x-api-key': 'k', 'x-goog-api-key': 'k', 'anthropic-version': '1' };
      if (beta !== '') Object.assign(headers, { 'anthropic-beta': beta });
      const answer = await fetch(simulator.url + path, { method: 'POST', headers, body });
      const text = await answer.text();
      if (answer.status !== 200 && !FOREIGN.test(text)) refused.push(`${name}: ${text}`);
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(refused).toEqual([]);
  });
});

function casesOf(vendor: VendorName): RecordedRequest[] {
  const folder = join(FOLDER, vendor === 'openai-responses' ? 'openai' : vendor);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.meta.json'))
    .flatMap((file) => {
      const name = file.replace('.meta.json', '');
      const meta = parse(readFileSync(join(folder, file), 'utf8'));
      const request = join(folder, `${name}.request.json`);
      const endpoint = textAt(meta, 'endpoint');
      if (numberAt(meta, 'status') !== 200 || !ENDPOINTS[vendor].includes(endpoint) || !existsSync(request)) return [];
      const body = readFileSync(request, 'utf8');
      // A model called "missing" is unknown by definition here.
      if (textAt(dig(meta, 'model')).includes('missing')) return [];
      if (FIRST_VERSION.test(textAt(meta, 'url'))) return [];
      const beta = textAt(meta, 'request_headers', 'anthropic-beta');
      return [{ name, path: pathOf(vendor, endpoint, textAt(meta, 'model')), beta, body }];
    });
}

function pathOf(vendor: string, endpoint: string, model: string): string {
  if (endpoint === 'chat.completions') return `/${vendor}/v1/chat/completions`;
  if (endpoint === 'responses') return '/openai/v1/responses';
  if (endpoint === 'ollama.chat') return '/ollama/api/chat';
  if (endpoint === 'cohere.chat') return '/cohere/v2/chat';
  if (endpoint === 'messages') return '/anthropic/v1/messages';
  if (endpoint.startsWith('converse')) return `/bedrock/model/${model}/${endpoint}`;
  return `/gemini/v1beta/models/${model.split('/').at(-1)}:${endpoint}`;
}
