import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's lines in our log. What it says about its modules at the start is for debugging only. */
export function createNestLogger(logger: Logger): LoggerService {
  const isOfNest = (context: unknown): boolean => context === 'NestFactory' || context === 'InstanceLoader';
  return {
    log: (message: unknown, context: unknown) =>
      logger[isOfNest(context) ? 'debug' : 'info']({ context }, String(message)),
    warn: (message: unknown, context: unknown) => logger.warn({ context }, String(message)),
    error: (message: unknown, stack: unknown, context: unknown) => logger.error({ context, stack }, String(message)),
    debug: (message: unknown, context: unknown) => logger.debug({ context }, String(message)),
  };
}
