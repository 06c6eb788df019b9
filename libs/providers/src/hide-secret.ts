import { UpstreamFailureError } from '@parley/dialects';

/** Shorter parts of a credential are words such as a region, which would be hidden where they are none. */
const MIN_PART_CHARS = 8;

/** Makes sure that a failure does not name the key it was met with: not every key has a shape that gives it away. */
export function hideSecret(error: unknown, secret: string | undefined): unknown {
  if (!(error instanceof UpstreamFailureError) || !secret) return error;
  const { code, message } = error.failure.upstream;
  const hide = (text: string | null): string | null => (text === null ? null : hideSecretIn(text, secret));
  const hidden = { code: hide(code), message: hide(message) };
  if (hidden.code === code && hidden.message === message) return error;
  return new UpstreamFailureError({ ...error.failure, upstream: { ...error.failure.upstream, ...hidden } });
}

/** Takes a credential out of a text: the whole of it, and every part where it is JSON. */
export function hideSecretIn(text: string, secret: string): string {
  // The longest first: one part may hold another.
  const parts = [secret, ...partsOf(secret)].toSorted((one, other) => other.length - one.length);
  return parts.reduce((hidden, part) => hidden.replaceAll(part, '***'), text);
}

function partsOf(secret: string): string[] {
  if (!secret.startsWith('{')) return [];
  try {
    return textsIn(JSON.parse(secret)).filter((part) => part.length >= MIN_PART_CHARS);
  } catch {
    return [];
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
