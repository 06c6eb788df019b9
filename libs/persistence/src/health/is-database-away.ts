/** Of the operating system: no connection, or one that broke. */
const SYSTEM_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];
/** Of Postgres (https://www.postgresql.org/docs/current/errcodes-appendix.html): starting, stopping, or full. */
const POSTGRES_CODES = ['53300', '57P01', '57P02', '57P03'];
const CODES: ReadonlySet<unknown> = new Set([...SYSTEM_CODES, ...POSTGRES_CODES]);
/** What pg and TypeORM say without a code. */
const MESSAGES =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client (has encountered|was closed)|Query read timeout|Driver not Connected|Cannot execute operation on .* not yet established)/;

/** Whether a query or a connection failed because Postgres cannot be reached: it may succeed later, unchanged. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, driverError, errors } = error as Partial<Record<string, unknown>>;
  // A name with several addresses fails with one error for each of them.
  if (Array.isArray(errors) && errors.some(isDatabaseAway)) return true;
  return CODES.has(code) || (typeof message === 'string' && MESSAGES.test(message)) || isDatabaseAway(driverError);
}
