import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { configureConnectionSchema, type ConfigureConnection } from '@parley/contracts';
import { openDeadline, Runtime, targetOf, type ConnectionEntry } from '@parley/inference';
import { probeConnection, type ListedModel } from '@parley/providers';
import type { FastifyReply } from 'fastify';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { configureConnection } from './configure-connection.ts';
import { ConnectionHealth, type ConnectionCheck, type ConnectionReport } from './connection-health.ts';
import { LiveModelLists } from './live-models.ts';
import type { Page } from './page.ts';
import { providerObject, type ProviderObject } from './provider-object.ts';
import { liveModelsQuerySchema, type LiveModelsQuery } from './queries.ts';
import { notFound, ReadBody, ReadName, ReadQuery } from './read-input.ts';
import { chooseTestModel, makeTestCall } from './test-call.ts';

const TEST_TIMEOUT_MS = 60_000;

/** How the connections are, and the means to find out and to mend. */
@Controller('api/monitoring/providers')
export class MonitoringController {
  constructor(
    private readonly runtime: Runtime,
    private readonly health: ConnectionHealth,
    private readonly liveModels: LiveModelLists,
  ) {}

  @Get()
  async list(): Promise<Page<unknown> & { since: string | null }> {
    const { since, of } = await this.health.read();
    const names = [...this.runtime.configuration.current.connections];
    const syncs = await this.readSyncs();
    const data = names.map(([name, { stored }]) => ({
      ...reportObject(name, stored.provider, of(name)),
      last_sync: syncs.get(name) ?? null,
    }));
    return { data, has_more: false, since: since?.toISOString() ?? null };
  }

  @Post(':name/config')
  async configure(
    @ReadName('provider', 'name') name: string,
    @ReadBody(configureConnectionSchema) body: ConfigureConnection,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProviderObject> {
    const { connection, created } = await configureConnection(this.runtime, name, body);
    this.health.reset(name);
    void reply.status(created ? 201 : 200);
    const { of } = await this.health.read();
    return providerObject(connection, of(name).status);
  }

  @Post(':name/test')
  @HttpCode(200)
  async test(@ReadName('provider', 'name') name: string, @Req() request: IdentifiedRequest): Promise<unknown> {
    const target = targetOf(name, this.find(name));
    const deadline = openDeadline(TEST_TIMEOUT_MS);
    const call = async (listed: readonly ListedModel[]): Promise<string> => {
      const entry = chooseTestModel(this.runtime, name, listed);
      if (!entry) throw new Error('there is no model to try');
      const atMs = performance.now() + TEST_TIMEOUT_MS;
      await makeTestCall(this.runtime, entry, request, { signal: deadline.signal, atMs });
      return `${entry.deployment.id} answered`;
    };
    const steps = await probeConnection(this.runtime.pools, target, call, deadline.signal);
    deadline.clear();
    const check = { at: new Date(), ok: steps.every(({ ok }) => ok), steps };
    this.health.noteCheck(name, check);
    return { name, ...checkObject(check) };
  }

  @Post(':name/reset')
  @HttpCode(200)
  async reset(@ReadName('provider', 'name') name: string): Promise<unknown> {
    const { stored } = this.find(name);
    this.health.reset(name);
    const { of } = await this.health.read();
    return reportObject(name, stored.provider, of(name));
  }

  @Get(':name/models')
  async listModels(
    @ReadName('provider', 'name') name: string,
    @ReadQuery(liveModelsQuerySchema) { refresh }: LiveModelsQuery,
  ): Promise<Page<unknown> & { fetched_at: string }> {
    const { models, fetchedAt } = await this.liveModels.read(name, this.find(name), refresh === '1');
    const data = models.map(({ id, displayName, contextLength, maxOutputTokens }) => ({
      id,
      display_name: displayName,
      context_length: contextLength,
      max_output_tokens: maxOutputTokens,
    }));
    return { data, has_more: false, fetched_at: fetchedAt.toISOString() };
  }

  /** When the models of each connection were last compared with its provider's, and what was in the way. */
  private async readSyncs(): Promise<Map<string, { synced_at: string; error_code: string | null }>> {
    // The rest is worth showing above all when the database is away.
    const syncs = await this.runtime.stores.modelSyncs.list().catch(() => []);
    return new Map(
      syncs.flatMap(({ connection, finishedAt, errorCode }) =>
        finishedAt ? [[connection, { synced_at: finishedAt.toISOString(), error_code: errorCode }]] : [],
      ),
    );
  }

  private find(name: string): ConnectionEntry {
    const entry = this.runtime.configuration.current.connections.get(name);
    if (!entry) throw notFound('provider', name);
    return entry;
  }
}

function reportObject(name: string, provider: string, { status, reason, circuit, traffic, check }: ConnectionReport) {
  return {
    name,
    provider,
    status,
    reason,
    circuit,
    attempts: traffic?.attempts ?? null,
    error_rate: traffic?.errorRate ?? null,
    latency_ms: traffic?.latencyMs ?? null,
    last_check: check ? checkObject(check) : null,
  };
}

function checkObject({ at, ok, steps }: ConnectionCheck) {
  return {
    ok,
    checked_at: at.toISOString(),
    steps: steps.map(({ step, ok: passed, durationMs, detail }) => ({
      step,
      ok: passed,
      duration_ms: Math.round(durationMs * 10) / 10,
      ...(detail !== null && { detail }),
    })),
  };
}
