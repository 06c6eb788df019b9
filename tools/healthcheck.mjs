/**
 * The health check of a container: `node tools/healthcheck.mjs <url>` exits 0 when the answer is 2xx, else 1 and says why.
 * A script, since the image has no curl.
 */
const TIMEOUT_MS = 2_000;
const [, , url = ''] = process.argv;

try {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
} catch (error) {
  const { message, cause } = /** @type {Error} */ (error);
  // fetch() says no more than "fetch failed"; its cause says why.
  console.error(`${url}: ${cause instanceof Error ? cause.message : message}`);
  process.exitCode = 1;
}
