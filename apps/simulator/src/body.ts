import type { IncomingMessage } from 'node:http';
import { WireError } from './wire-error.ts';

/** Larger than what any of the vendors takes inline. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** Reads a request body as text; too much of it is the vendor's 413. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    request.on('data', (chunk: Buffer) => {
      byteCount += chunk.length;
      if (byteCount <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (byteCount > MAX_BODY_BYTES) reject(new WireError(413, 'Request exceeds the maximum size'));
      else resolve((chunks.length === 1 ? (chunks[0] ?? Buffer.of()) : Buffer.concat(chunks)).toString('utf8'));
    });
    request.on('error', reject);
  });
}
