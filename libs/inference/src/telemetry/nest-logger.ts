import type { Logger } from 'pino';

/** What Nest says about its own modules and routes at the start is for debugging only. */
const OF_NEST: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's lines in our log, in the form of its `LoggerService`. */
export function createNestLogger(logger: Logger) {
  return {
    log: (message: unknown, context?: unknown): void =>
      logger[OF_NEST.has(context) ? 'debug' : 'info']({ context }, String(message)),
    warn: (message: unknown, context?: unknown): void => logger.warn({ context }, String(message)),
    error: (message: unknown, stack?: unknown, context?: unknown): void =>
      logger.error({ context, stack }, String(message)),
    debug: (message: unknown, context?: unknown): void => logger.debug({ context }, String(message)),
  };
}
