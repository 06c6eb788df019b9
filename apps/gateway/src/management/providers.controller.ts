import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { createConnectionSchema, updateConnectionSchema } from '@parley/contracts';
import type { CreateConnection, UpdateConnection } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import type { Connection } from '@parley/persistence';
import { createConnection, updateConnection } from './configure-connection.ts';
import { ConnectionHealth } from './connection-health.ts';
import { pageOf, type Page } from './page.ts';
import { providerObject, type ProviderObject } from './provider-object.ts';
import { pageQuerySchema, type PageQuery } from './queries.ts';
import { notFound, ReadBody, ReadName, ReadQuery } from './read-input.ts';

/** The connections: configured providers, whose credentials go in but never out. */
@Controller('api/providers')
export class ProvidersController {
  constructor(
    private readonly runtime: Runtime,
    private readonly health: ConnectionHealth,
  ) {}

  @Get()
  async list(@ReadQuery(pageQuerySchema) query: PageQuery): Promise<Page<ProviderObject>> {
    const connections = await this.runtime.stores.connections.list();
    const page = pageOf(connections, query, ({ name }) => name);
    const { of } = await this.health.read();
    return { ...page, data: page.data.map((connection) => providerObject(connection, of(connection.name).status)) };
  }

  @Post()
  async create(@ReadBody(createConnectionSchema) body: CreateConnection): Promise<ProviderObject> {
    const connection = await createConnection(this.runtime, body);
    this.health.reset(connection.name);
    return this.show(connection);
  }

  @Get(':name')
  async find(@ReadName('provider', 'name') name: string): Promise<ProviderObject> {
    const connection = await this.runtime.stores.connections.find(name);
    if (!connection) throw notFound('provider', name);
    return this.show(connection);
  }

  @Patch(':name')
  async update(
    @ReadName('provider', 'name') name: string,
    @ReadBody(updateConnectionSchema) body: UpdateConnection,
  ): Promise<ProviderObject> {
    const connection = await updateConnection(this.runtime, name, body);
    if (!connection) throw notFound('provider', name);
    // What failed under the former address or key says nothing about the new one.
    this.health.reset(name);
    return this.show(connection);
  }

  /** Its models go with it. */
  @Delete(':name')
  @HttpCode(204)
  async remove(@ReadName('provider', 'name') name: string): Promise<void> {
    if (!(await this.runtime.stores.connections.remove(name))) throw notFound('provider', name);
    await this.runtime.configuration.reload();
  }

  private async show(connection: Connection): Promise<ProviderObject> {
    const { of } = await this.health.read();
    return providerObject(connection, of(connection.name).status);
  }
}
