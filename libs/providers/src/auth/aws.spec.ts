import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startUpstream, type ReceivedRequest, type Upstream } from '../http/upstream.testing.ts';
import { deploymentAt, openClient, type Client } from '../invoke.testing.ts';
import { listModels } from '../probe/list-models.ts';
import { findProvider } from '../registry.ts';
import { awsAuth } from './aws.ts';

const MODEL = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const KEYS = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const ANSWER = { output: { message: { role: 'assistant', content: [{ text: 'ok' }] } }, stopReason: 'end_turn' };

let upstream: Upstream;
let client: Client;
beforeEach(async () => {
  upstream = await startUpstream((response, { path }) => {
    const list = path.includes('models') ? { modelSummaries: [] } : { inferenceProfileSummaries: [] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(path.includes('/converse') ? ANSWER : list));
  });
  client = openClient();
});
afterEach(async () => {
  await client.close();
  await upstream.close();
});

async function askWith(secret: string | undefined, prefix = ''): Promise<ReceivedRequest> {
  await client.ask({
    ...deploymentAt(upstream.url + prefix, 'bedrock', MODEL),
    options: { region: 'eu-central-1' },
    credentials: secret === undefined ? [] : [{ id: 'c', secret }],
  });
  return upstream.requests.at(-1)!;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The signature as the service would work it out from what it received: written from AWS's description alone. */
function signatureOf({ method, path, headers, body }: ReceivedRequest, secretKey: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), /.exec(headers.authorization ?? '') ?? [];
  const [rawPath = '', query = ''] = path.split('?');
  const canonical = [
    method,
    // What was sent is escaped once more, segment by segment.
    rawPath.split('/').map(escape).join('/'),
    query.split('&').toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const [day = '', region = '', service = '', end = ''] = scope.split('/');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day, region, service, end].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return hmac(key, toSign).toString('hex');
}

const signatureIn = ({ headers }: ReceivedRequest): string | undefined =>
  /Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '')?.[1];

describe('access keys', () => {
  it.each(['', '/proxy', '/a%20b/c'])(
    'sign what is sent, with the colon of the model escaped, below "%s"',
    async (prefix) => {
      const received = await askWith(JSON.stringify(KEYS), prefix);
      expect(received.path).toBe(`${prefix}/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse`);
      expect(received.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=host;/,
      );
      expect(signatureIn(received)).toBe(signatureOf(received, KEYS.secret_access_key));
    },
  );

  it('sign so that nothing of it can be changed', async () => {
    const received = await askWith(JSON.stringify(KEYS));
    for (const changed of [{ body: '{}' }, { path: received.path.replace('%3A', ':') }, { method: 'PUT' }]) {
      expect(signatureIn(received)).not.toBe(signatureOf({ ...received, ...changed }, KEYS.secret_access_key));
    }
    expect(signatureIn(received)).not.toBe(signatureOf(received, 'another key'));
  });

  it('send and sign the token of a session', async () => {
    const received = await askWith(JSON.stringify({ ...KEYS, session_token: 'session+token=' }));
    expect(received.headers['x-amz-security-token']).toBe('session+token=');
    expect(received.headers.authorization).toContain('x-amz-security-token');
    expect(signatureIn(received)).toBe(signatureOf(received, KEYS.secret_access_key));
  });

  it('sign both lists of models, the query included', async () => {
    const provider = findProvider('bedrock')!;
    const credential = { id: 'c', secret: JSON.stringify(KEYS) };
    const options = { region: 'us-gov-west-1' };
    const target = {
      connection: 'here',
      provider,
      baseUrl: upstream.url,
      options,
      allowPrivateNetwork: true,
      credential,
    };
    expect(await listModels(client.pools, target, new AbortController().signal)).toEqual([]);
    expect(upstream.requests.map(({ path }) => path).toSorted()).toEqual([
      '/foundation-models',
      '/inference-profiles?maxResults=1000',
    ]);
    for (const received of upstream.requests) {
      expect(signatureIn(received)).toBe(signatureOf(received, KEYS.secret_access_key));
    }
  });
});

describe('a plain key', () => {
  it.each(['bedrock-api-key-abc', '{no json'])('goes as a bearer token: %s', async (secret) => {
    const { headers } = await askWith(secret);
    expect(headers.authorization).toBe(`Bearer ${secret}`);
    expect(headers['x-amz-date']).toBeUndefined();
  });
});

describe('no credential', () => {
  const call = { method: 'POST', origin: 'https://h.example', path: '/p', headers: {}, body: '{}' } as const;
  const { signal } = new AbortController();

  it('lets this machine’s own keys sign, found anew for each call', async () => {
    let found = 0;
    const find = async () => ({ accessKeyId: `own${(found += 1)}`, secretAccessKey: 's' });
    const auth = awsAuth(
      { baseUrl: 'https://bedrock-runtime.ap-southeast-2.amazonaws.com', options: {} },
      undefined,
      find,
    );
    if (typeof auth === 'string') throw new Error('must sign');
    const headers = [await auth(call, signal), await auth(call, signal)];
    expect(headers.map(({ authorization }) => authorization)).toEqual([
      expect.stringMatching(/Credential=own1\/\d{8}\/ap-southeast-2\/bedrock\//),
      expect.stringMatching(/Credential=own2\/\d{8}\/ap-southeast-2\/bedrock\//),
    ]);
  });

  it('finds them as every AWS program does', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDFROMENV', AWS_SECRET_ACCESS_KEY: 'secret' });
    delete process.env['AWS_PROFILE'];
    try {
      const { headers } = await askWith(undefined);
      expect(headers.authorization).toContain('Credential=AKIDFROMENV/');
    } finally {
      process.env = before;
    }
  });

  it('is a failure of authorization where no region is known, and nothing is sent', async () => {
    const asked = client.ask({ ...deploymentAt(upstream.url, 'bedrock', MODEL), credentials: [] });
    await expect(asked).rejects.toMatchObject({ failure: { code: 'provider_auth_failed', retryable: false } });
    expect(upstream.requests).toEqual([]);
  });
});

describe('the region', () => {
  it.each([
    ['https://bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://vpce-0a1-b2.bedrock-runtime.eu-west-3.vpce.amazonaws.com', 'eu-west-3'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ])('of %s is %s', async (baseUrl, region) => {
    const auth = awsAuth({ baseUrl, options: {} }, { credentialId: 'c', text: JSON.stringify(KEYS) });
    if (typeof auth === 'string') throw new Error('must sign');
    const call = { method: 'GET', origin: baseUrl, path: '/', headers: {}, body: undefined } as const;
    const { authorization } = await auth(call, new AbortController().signal);
    expect(authorization).toContain(`/${region}/bedrock/aws4_request`);
  });
});
