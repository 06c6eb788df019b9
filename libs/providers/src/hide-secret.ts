import { UpstreamFailureError } from '@parley/dialects';

/** Makes sure that a failure does not name the key it was met with: not every key has a shape that gives it away. */
export function hideSecret(error: unknown, secret: string | undefined): unknown {
  if (!(error instanceof UpstreamFailureError) || !secret) return error;
  const { code, message } = error.failure.upstream;
  if (!code?.includes(secret) && !message?.includes(secret)) return error;
  const hide = (text: string | null): string | null => text?.replaceAll(secret, '***') ?? null;
  const upstream = { ...error.failure.upstream, code: hide(code), message: hide(message) };
  return new UpstreamFailureError({ ...error.failure, upstream });
}
