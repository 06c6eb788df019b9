import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
} from '@nestjs/terminus';
import { Runtime } from '@parley/inference';
import { pingDatabase } from '@parley/persistence';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import { Drain } from './drain.ts';

const DATABASE_PING_MS = 1000;

/**
 * Liveness says that this process answers, and depends on nothing else: a database that is away must not restart it.
 * Readiness says that it can serve; providers never count, or one vendor's outage would take every replica away.
 */
@Controller('health')
@AllowAccess('public')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('startup')
  startup(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.check(reply, [() => this.configuration()]);
  }

  @Get('ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.check(reply, [() => this.configuration(), () => this.database(), () => this.draining()]);
  }

  /** Probes are answered with what is wrong, not with an error for API clients. */
  private async check(reply: FastifyReply, indicators: HealthIndicatorFunction[]): Promise<HealthCheckResult> {
    try {
      return await this.health.check(indicators);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      void reply.status(503);
      return error.getResponse() as HealthCheckResult;
    }
  }

  private configuration() {
    const check = this.indicators.check('configuration');
    return this.runtime.configuration.isLoaded ? check.up() : check.down('not read yet');
  }

  private async database() {
    const check = this.indicators.check('database');
    const answers = await pingDatabase(this.runtime.dataSource, DATABASE_PING_MS);
    return answers ? check.up() : check.down('does not answer');
  }

  private draining() {
    const check = this.indicators.check('drain');
    return this.drain.isDraining ? check.down('shutting down') : check.up();
  }
}
