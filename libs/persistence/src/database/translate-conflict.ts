import { GatewayError } from '@parley/contracts';
import { QueryFailedError } from 'typeorm';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

/** Runs a write; when it would make `param` ambiguous, the failure is `conflict` with the value that is taken. */
export async function translateConflict<T>(param: string, value: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (hasPostgresCode(error, UNIQUE_VIOLATION)) {
      throw new GatewayError(
        'conflict',
        { param, values: { param, value, problem: `${param} "${value}" is taken` } },
        { cause: error },
      );
    }
    throw error;
  }
}

function hasPostgresCode(error: unknown, code: string): boolean {
  return error instanceof QueryFailedError && 'code' in error.driverError && error.driverError.code === code;
}
