import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { Runtime } from '@parley/inference';
import { pingDatabase } from '@parley/persistence';
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
  startup(): Promise<HealthCheckResult> {
    return this.health.check([() => this.configuration()]);
  }

  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.configuration(), () => this.database(), () => this.draining()]);
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
