import { Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { aliasNameSchema, GatewayError, invalidRequest, putAliasSchema, type PutAlias } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import type { Alias } from '@parley/persistence';
import { z } from 'zod';
import { pageOf, type Page } from './page.ts';
import { pageQuerySchema, type PageQuery } from './queries.ts';
import { notFound, parseInput, ReadBody, ReadName, ReadQuery } from './read-input.ts';

export type AliasObject = Pick<Alias, 'name' | 'strategy' | 'deployments'> & { created_at: string; updated_at: string };

const namedSchema = z.strictObject({ name: aliasNameSchema });

/** Public names for one deployment or several. */
@Controller('api/aliases')
export class AliasesController {
  constructor(private readonly runtime: Runtime) {}

  @Get()
  async list(@ReadQuery(pageQuerySchema) query: PageQuery): Promise<Page<AliasObject>> {
    const page = pageOf(await this.runtime.stores.aliases.list(), query, ({ name }) => name);
    return { ...page, data: page.data.map(aliasObject) };
  }

  @Get(':name')
  async find(@ReadName('alias', 'name') name: string): Promise<AliasObject> {
    const alias = await this.runtime.stores.aliases.get(name);
    if (!alias) throw notFound('alias', name);
    return aliasObject(alias);
  }

  @Put(':name')
  async put(@ReadName('alias', 'name') given: string, @ReadBody(putAliasSchema) body: PutAlias): Promise<AliasObject> {
    const { name } = parseInput(namedSchema, { name: given });
    // The snapshot may be behind another gateway's change by a moment.
    await this.runtime.configuration.reload();
    const snapshot = this.runtime.configuration.current;
    if (snapshot.models.has(name)) {
      throw new GatewayError('conflict', { param: 'name', values: { problem: `"${name}" is the id of a model` } });
    }
    body.deployments.forEach((deployment, index) => {
      const model = typeof deployment === 'string' ? deployment : deployment.model;
      if (snapshot.models.has(model) || snapshot.passthrough.find(model)) return;
      throw invalidRequest(`deployments.${index}`, `names "${model}", which is no model of any connection`);
    });
    const alias = await this.runtime.stores.aliases.put(name, body);
    await this.runtime.configuration.reload();
    return aliasObject(alias);
  }

  @Delete(':name')
  @HttpCode(204)
  async remove(@ReadName('alias', 'name') name: string): Promise<void> {
    if (!(await this.runtime.stores.aliases.remove(name))) throw notFound('alias', name);
    await this.runtime.configuration.reload();
  }
}

function aliasObject({ name, strategy, deployments, createdAt, updatedAt }: Alias): AliasObject {
  return { name, strategy, deployments, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}
