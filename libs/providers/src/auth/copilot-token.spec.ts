import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { startUpstream, until, type Upstream } from '../http/upstream.testing.ts';
import type { Account } from '../provider.ts';
import type { Authorize } from './authorize.ts';
import { copilotAuth, exchangeAddress } from './copilot-token.ts';

const SECRET = 'a-token-of-github';
const NEVER = new AbortController().signal;
const CALL = { method: 'POST', origin: 'https://a.example', path: '/', headers: {}, body: '{}' } as const;

describe('the exchange of a GitHub token for a Copilot token', () => {
  let github: Upstream;
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    github = await startUpstream((response) => answer(response));
  });
  afterEach(() => github.close());

  const give =
    (body: object, status = 200) =>
    (response: ServerResponse): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const tokenFor = (seconds: number) => ({ token: 'tid=1;exp=2:abc', expires_at: Date.now() / 1000 + seconds });
  const open = (auth = copilotAuth(), account: Partial<Account> = {}) => {
    const to = { baseUrl: `${github.url}/x/`, options: {}, allowPrivateNetwork: true, ...account };
    const authorize = auth(to, { credentialId: 'c', text: SECRET });
    if (typeof authorize !== 'function') throw new Error('calls are not authorized one by one');
    return async (...call: Parameters<Authorize>) => authorize(...call);
  };
  const failureOf = async (authorizing: Promise<unknown>) => {
    const error = await authorizing.catch((reason: unknown) => reason);
    return (error as { failure: unknown }).failure;
  };

  it('happens once for many calls at once, and for a new snapshot of the configuration not again', async () => {
    answer = give(tokenFor(1800));
    const auth = copilotAuth();
    const headers = await Promise.all(Array.from({ length: 25 }, () => open(auth)(CALL, NEVER)));
    expect(headers).toEqual(Array(25).fill({ authorization: 'Bearer tid=1;exp=2:abc' }));
    await open(auth)(CALL, NEVER);
    expect(github.requests).toHaveLength(1);
    expect(github.requests[0]).toMatchObject({
      method: 'GET',
      path: '/x/copilot_internal/v2/token',
      headers: { authorization: `token ${SECRET}` },
    });
  });

  it('happens again when the token is near its end', async () => {
    answer = give(tokenFor(0.2));
    const authorize = open();
    await authorize(CALL, NEVER);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await authorize(CALL, NEVER);
    expect(github.requests).toHaveLength(2);
  });

  it('believes the time that is left rather than a clock', async () => {
    answer = give({ ...tokenFor(-7200), refresh_in: 1500 });
    const authorize = open();
    await authorize(CALL, NEVER);
    await authorize(CALL, NEVER);
    expect(github.requests).toHaveLength(1);
  });

  it.each([
    [401, { message: `Bad credentials ${SECRET}` }, 'provider_auth_failed', false],
    [403, { message: 'Resource not accessible by personal access token' }, 'provider_auth_failed', false],
    [404, { message: 'Not Found' }, 'provider_auth_failed', false],
    [500, 'oops', 'provider_unreachable', true],
    [302, '', 'provider_unreachable', true],
    [200, { token: 'with\r\nx-other: header', expires_at: 4_000_000_000 }, 'provider_unreachable', true],
    [200, [], 'provider_unreachable', true],
    [200, null, 'provider_unreachable', true],
  ])('that is answered %i %j is told as %s, without the secret', async (status, body, code, retryable) => {
    answer = give(body as object, status);
    const failure = await failureOf(open()(CALL, NEVER));
    expect(failure).toMatchObject({ code, retryable, upstream: { status } });
    expect(JSON.stringify(failure)).not.toContain(SECRET);
  });

  it('that is broken off, or has nobody to ask, is told as provider_unreachable', async () => {
    answer = (response) => response.destroy();
    expect(await failureOf(open()(CALL, NEVER))).toMatchObject({ code: 'provider_unreachable' });
    const nobody = { baseUrl: 'http://127.0.0.1:1' };
    expect(await failureOf(open(undefined, nobody)(CALL, NEVER))).toMatchObject({ code: 'provider_unreachable' });
  });

  it('goes to a private address only where the connection may', async () => {
    const failure = await failureOf(open(undefined, { allowPrivateNetwork: false })(CALL, NEVER));
    expect(failure).toMatchObject({ code: 'address_not_allowed', retryable: false });
    expect(github.requests).toHaveLength(0);
  });

  it('ends when the last call that waits for it is given up', async () => {
    answer = () => {};
    const authorize = open();
    const callers = [new AbortController(), new AbortController()];
    const waiting = callers.map(({ signal }) => authorize(CALL, signal).catch((reason: unknown) => reason));
    await until(() => github.requests.length === 1);
    callers[0]!.abort('first');
    expect(await waiting[0]).toBe('first');
    expect(github.sockets.size).toBe(1);
    callers[1]!.abort('second');
    expect(await waiting[1]).toBe('second');
    await until(() => github.sockets.size === 0);
  });

  it('is followed by word of the images in a call', async () => {
    answer = give(tokenFor(1800));
    const authorize = open();
    const saying = async (text: string, ...parts: object[]) => {
      const content = [{ type: 'text', text }, ...parts];
      return authorize({ ...CALL, body: JSON.stringify({ messages: [{ role: 'user', content }] }) }, NEVER);
    };
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    expect(await saying('look', image)).toMatchObject({ 'copilot-vision-request': 'true' });
    expect(await saying('what is {"image_url": 1}?')).not.toHaveProperty('copilot-vision-request');
  });

  it.each([
    ['https://api.githubcopilot.com', 'https://api.github.com/copilot_internal/v2/token'],
    ['https://api.business.githubcopilot.com', 'https://api.github.com/copilot_internal/v2/token'],
    ['https://copilot-api.octo.ghe.com', 'https://api.octo.ghe.com/copilot_internal/v2/token'],
    ['https://notgithubcopilot.com', 'https://notgithubcopilot.com/copilot_internal/v2/token'],
    ['https://proxy.example/copilot/', 'https://proxy.example/copilot/copilot_internal/v2/token'],
  ])('for %s is asked at %s', (baseUrl, address) => {
    expect(exchangeAddress(baseUrl)).toBe(address);
  });
});
