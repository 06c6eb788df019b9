import { EventStreamCodec } from '@smithy/eventstream-codec';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string | null; name: string | null; arguments: unknown }[];
  finish_raw: string | number | null;
  usage_raw: Record<string, unknown> | null;
};

/** One recorded exchange with a provider. */
export type Recording = {
  provider: string;
  case: string;
  endpoint: string;
  model: string;
  status: number;
  streaming: boolean;
  format: string;
  response_headers: Record<string, string>;
  observed: Observed | null;
};

const repositoryRoot = join(import.meta.dirname, '../../../..');
const root = process.env.PARLEY_RECORDINGS ?? join(repositoryRoot, '../shared/recordings');

export const recordingsPresent = existsSync(join(root, 'cases.tsv'));

/** All recordings of a provider at the given endpoints; none where the folder is absent. */
export function listRecordings(provider: string, endpoints: readonly string[]): Recording[] {
  if (!recordingsPresent) return [];
  return readdirSync(join(root, provider))
    .filter((file) => file.endsWith('.meta.json'))
    .map((file) => JSON.parse(readFileSync(join(root, provider, file), 'utf8')) as Recording)
    .filter(({ endpoint }) => endpoints.includes(endpoint));
}

export function readResponse({ provider, case: name, format, endpoint }: Recording): Buffer {
  const body = readFileSync(join(root, provider, `${name}.response.${format}`));
  // Of two streams the source kept the payloads alone.
  return endpoint === 'converse-stream' && format === 'ndjson' ? writeFrames(body) : body;
}

/** Payloads of the form `{"<event type>": {...}}`, a line each, as the frames that carried them. */
function writeFrames(lines: Buffer): Buffer {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes as Uint8Array).toString(),
    (text) => Buffer.from(text),
  );
  const documents = lines
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const frames = documents.map((line) => {
    const [[type, payload]] = Object.entries(JSON.parse(line) as Record<string, unknown>) as [[string, unknown]];
    const text = (value: string) => ({ type: 'string', value }) as const;
    const headers = {
      ':event-type': text(type),
      ':content-type': text('application/json'),
      ':message-type': text('event'),
    };
    return codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) });
  });
  return Buffer.concat(frames);
}

/** The recorded request, where the source kept it. */
export function readRequest({ provider, case: name }: Recording): Record<string, unknown> | undefined {
  const file = join(root, provider, `${name}.request.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : undefined;
}

/** The headers that mean something to a client; lengths and encodings are the replaying server's own. */
export function headersOf({ response_headers: headers, endpoint }: Recording): Record<string, string> {
  const kept = /^(content-type|retry-after.*|x-should-retry|x-ratelimit-.*|anthropic-ratelimit-.*|(x-)?request-id)$/;
  const found = Object.fromEntries(Object.entries(headers).filter(([name]) => kept.test(name)));
  return endpoint === 'converse-stream' ? { 'content-type': 'application/vnd.amazon.eventstream', ...found } : found;
}
