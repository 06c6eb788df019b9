/** Connection exceptions (class 08), shutdowns and starts of the server (57P01-57P03), and the sockets' own codes. */
const LOST =
  /^(?:08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
/** What the driver and its pool say without a code. */
const LOST_WORDS =
  /connection terminated|^timeout expired|timeout exceeded when trying to connect|driver not connected|not yet established/i;

/** Whether a failed query means that Postgres is away, which is nobody's mistake in the request. */
export function isConnectionLost(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  // A name with several addresses fails once for each of them.
  if (Array.isArray(errors)) return errors.some(isConnectionLost);
  return (typeof code === 'string' && LOST.test(code)) || (typeof message === 'string' && LOST_WORDS.test(message));
}
