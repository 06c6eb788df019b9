import type { TestGateway } from './test-gateway.ts';

export type ManagementAnswer<Body> = { status: number; headers: Headers; text: string; body: Body };

/** Asks one key's questions to the management API. */
export type ManagementClient = <Body = unknown>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<ManagementAnswer<Body>>;

export type ErrorAnswer = { error: { code: string; param: string | null; message: string } };

/** `secret` null: without a key; absent: the admin key. */
export function openManagement(
  { url, adminKey }: Pick<TestGateway, 'url' | 'adminKey'>,
  secret: string | null = adminKey,
): ManagementClient {
  return async <Body>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(secret !== null && { authorization: `Bearer ${secret}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed = (text === '' ? undefined : JSON.parse(text)) as Body;
    return { status: answer.status, headers: answer.headers, text, body: parsed };
  };
}

/** One small chat call through the front door; gives the status and the request's id. */
export async function chatOnce(
  url: string,
  secret: string,
  model: string,
  content = 'Hello',
): Promise<{ status: number; requestId: string; costUsd: string | null; body: unknown }> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  const { status, headers } = answer;
  const body: unknown = await answer.json();
  return { status, requestId: headers.get('x-request-id') ?? '', costUsd: headers.get('x-parley-cost-usd'), body };
}
