import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { createModelSchema, GatewayError, invalidRequest, updateModelSchema } from '@parley/contracts';
import type { CreateModel, DialectId, UpdateModel } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import { findProvider } from '@parley/providers';
import { modelRow, modelFields, priceObject, type ModelRow, type PriceObject } from './model-row.ts';
import type { Page } from './page.ts';
import { pageQuerySchema, type PageQuery } from './queries.ts';
import { notFound, ReadBody, ReadName, ReadQuery } from './read-input.ts';

/** The table of models. Ids hold slashes, so the rest of the path is the id. */
@Controller('api/models')
export class ModelTableController {
  constructor(private readonly runtime: Runtime) {}

  @Get()
  async list(@ReadQuery(pageQuerySchema) { limit, after }: PageQuery): Promise<Page<ModelRow>> {
    const page = await this.runtime.stores.models.list({ limit, ...(after !== undefined && { after }) });
    return { data: page.models.map(modelRow), has_more: page.hasMore };
  }

  @Post()
  async create(@ReadBody(createModelSchema) body: CreateModel): Promise<ModelRow> {
    const { stores, configuration } = this.runtime;
    const connection = await stores.connections.find(body.connection);
    if (!connection) throw invalidRequest('connection', `"${body.connection}" does not exist`);
    checkDialect(connection.provider, body.dialect);
    if (await stores.aliases.get(body.model_id)) {
      throw new GatewayError('conflict', {
        param: 'model_id',
        values: { problem: `"${body.model_id}" is the name of an alias` },
      });
    }
    const model = await stores.models.create({
      modelId: body.model_id,
      connection: body.connection,
      upstreamModel: body.upstream_model,
      ...modelFields(body),
    });
    await configuration.reload();
    return modelRow(model);
  }

  @Get('*')
  async find(@ReadName('model', '*') id: string): Promise<ModelRow & { price_history: PriceObject[] }> {
    const { models } = this.runtime.stores;
    const model = await models.find(id);
    if (!model) throw notFound('model', id);
    return { ...modelRow(model), price_history: (await models.priceHistory(id)).map(priceObject) };
  }

  @Patch('*')
  async update(@ReadName('model', '*') id: string, @ReadBody(updateModelSchema) body: UpdateModel): Promise<ModelRow> {
    const { models } = this.runtime.stores;
    const present = await models.find(id);
    if (!present) throw notFound('model', id);
    checkDialect(present.provider, body.dialect);
    const model = await models.update(id, modelFields(body));
    if (!model) throw notFound('model', id);
    await this.runtime.configuration.reload();
    return modelRow(model);
  }

  @Delete('*')
  @HttpCode(204)
  async remove(@ReadName('model', '*') id: string): Promise<void> {
    if (!(await this.runtime.stores.models.remove(id))) throw notFound('model', id);
    await this.runtime.configuration.reload();
  }
}

function checkDialect(providerId: string, dialect: DialectId | null | undefined): void {
  const spoken = findProvider(providerId)?.dialects.map(({ id }) => id);
  if (dialect == null || !spoken || spoken.includes(dialect)) return;
  throw invalidRequest('dialect', `must be one that "${providerId}" speaks: ${spoken.join(', ')}`);
}
