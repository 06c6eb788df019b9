import { createHash } from 'node:crypto';
import { UpstreamFailureError } from '@parley/dialects';
import type { Account } from '../provider.ts';
import type { Authorize, HeaderAuth, Secret, UnsignedCall } from './authorize.ts';

/** The parts that sign. */
export type AccessKeys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Finds access keys; remembers them itself, until they expire. */
export type FindAccessKeys = () => Promise<AccessKeys>;

/**
 * How AWS lets callers in: a plain key goes as a bearer token, access keys (`{"access_key_id", "secret_access_key",
 * "session_token"?}`) sign each call, and without a credential whatever this machine has signs.
 */
export function awsAuth(
  { baseUrl, options }: Account,
  secret: Secret,
  findOwnKeys: FindAccessKeys = findMachineKeys,
): HeaderAuth | Authorize {
  const keys = secret && readAccessKeys(secret.text);
  if (secret && !keys) return 'bearer';
  const region = options.region ?? regionIn(baseUrl);
  return async (call) => {
    if (!region) throw authFailure('the connection names no region, and its address holds none');
    return signCall(call, region, keys ?? (await findOwnKeys()));
  };
}

/** The region in an address such as `https://bedrock-runtime.eu-west-1.amazonaws.com`. */
function regionIn(baseUrl: string): string | undefined {
  return /\bbedrock(?:-runtime)?(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d)\./.exec(new URL(baseUrl).hostname)?.[1];
}

function readAccessKeys(text: string): AccessKeys | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const parts = JSON.parse(text) as Record<string, unknown>;
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = parts;
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
    return { accessKeyId, secretAccessKey, ...(typeof sessionToken === 'string' && { sessionToken }) };
  } catch {
    return undefined;
  }
}

/**
 * Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * It covers the path as it is sent, each segment escaped once more, as AWS asks of every service but S3.
 */
async function signCall(call: UnsignedCall, region: string, credentials: AccessKeys): Promise<Record<string, string>> {
  const [{ SignatureV4 }, { Sha256 }] = await loadSigner();
  const { protocol, host, pathname, searchParams } = new URL(call.origin + call.path);
  // The body is hashed here: the signer's own hash is made for browsers and takes its time over images.
  const contentHash = createHash('sha256')
    .update(call.body ?? '')
    .digest('hex');
  const signer = new SignatureV4({ credentials, region, service: 'bedrock', sha256: Sha256 });
  const { headers } = await signer.sign({
    protocol,
    hostname: host,
    method: call.method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, 'x-amz-content-sha256': contentHash },
  });
  const { host: _sentAnyway, ...signed } = headers;
  return signed;
}

/** Loaded when the first call is signed: most gateways sign none. */
function loadSigner() {
  return Promise.all([import('@smithy/signature-v4'), import('@aws-crypto/sha256-js')]);
}

let machineKeys: Promise<FindAccessKeys> | undefined;

/** The usual chain: variables, profiles, single sign-on, web identity, the container's or the instance's role. */
async function findMachineKeys(): Promise<AccessKeys> {
  machineKeys ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) => defaultProvider());
  const find = await machineKeys;
  try {
    return await find();
  } catch {
    throw authFailure('no AWS credentials were found on this machine');
  }
}

function authFailure(message: string): UpstreamFailureError {
  return new UpstreamFailureError({
    code: 'provider_auth_failed',
    retryable: false,
    upstream: { status: null, code: null, message },
  });
}
