import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import { invalidRequest, syncModelsSchema, type SyncModels } from '@parley/contracts';
import { Runtime, syncableConnections, syncModels } from '@parley/inference';
import { z } from 'zod';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { localeOf } from '../errors/error-answer.ts';
import { LiveModelLists } from './live-models.ts';
import { syncQuerySchema, type SyncQuery } from './queries.ts';
import { ReadBody, ReadQuery } from './read-input.ts';
import { syncAnswer, syncAnswerSchema, type SyncAnswer } from './sync-answer.ts';

/** Brings the table of models up to what the providers list and the catalog knows. */
@Controller('api/models/sync')
export class ModelSyncController {
  constructor(
    private readonly runtime: Runtime,
    private readonly liveModels: LiveModelLists,
  ) {}

  /** Asks the providers anew, also for a preview; what they say is what the live lists show then. */
  @Post()
  @HttpCode(200)
  @ApiOkResponse({ schema: z.toJSONSchema(syncAnswerSchema, { target: 'openapi-3.0' }) as object })
  async sync(
    @ReadBody(syncModelsSchema) body: SyncModels,
    @ReadQuery(syncQuerySchema) query: SyncQuery,
    @Req() request: IdentifiedRequest,
  ): Promise<SyncAnswer> {
    const { configuration, stores, logger, environment } = this.runtime;
    const { connections } = configuration.current;
    const names = this.choose(body?.connection);
    const preview = query.preview === '1';
    // The workers wait an hour from now before they sync these again.
    if (!preview) await stores.modelSyncs.claim(names, { idleMs: 0 });
    const syncs = await syncModels(
      {
        connections,
        store: stores.modelSyncs,
        list: async (name, entry) => (await this.liveModels.read(name, entry, true)).models,
        logger,
      },
      names,
      { preview },
    );
    if (!preview) await configuration.reload();
    return syncAnswer(syncs, {
      preview,
      locale: localeOf(request, environment.DEFAULT_LOCALE),
      requestId: request.id,
    });
  }

  private choose(connection: string | undefined): string[] {
    const { current } = this.runtime.configuration;
    const usable = syncableConnections(current);
    if (connection === undefined) return usable;
    if (!current.connections.has(connection)) throw invalidRequest('connection', `"${connection}" does not exist`);
    if (usable.includes(connection)) return [connection];
    throw invalidRequest('connection', `"${connection}" cannot be used: it is switched off or has no credential`);
  }
}
