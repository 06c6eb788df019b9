import { Controller, Delete, Get, Header, HttpCode, Patch, Post } from '@nestjs/common';
import { createKeySchema, GatewayError, updateKeySchema, type CreateKey, type UpdateKey } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import type { KeyWithSecret } from '@parley/persistence';
import { keyFields, keyObject, type KeyObject, type KeyWithSecretObject } from './key-object.ts';
import { pageOf, type Page } from './page.ts';
import { pageQuerySchema, type PageQuery } from './queries.ts';
import { notFound, ReadBody, ReadName, ReadQuery } from './read-input.ts';

/** The keys that our callers present. A secret is in the answer that made it, and in no other. */
@Controller('api/keys')
export class KeysController {
  /** Changes that may take away an admin key, one after the other. */
  private demotions: Promise<unknown> = Promise.resolve();

  constructor(private readonly runtime: Runtime) {}

  @Get()
  async list(@ReadQuery(pageQuerySchema) query: PageQuery): Promise<Page<KeyObject>> {
    const page = pageOf(await this.runtime.stores.keys.list(), query, ({ id }) => id);
    return { ...page, data: page.data.map(keyObject) };
  }

  @Post()
  @Header('cache-control', 'no-store')
  async create(@ReadBody(createKeySchema) body: CreateKey): Promise<KeyWithSecretObject> {
    const { name, role } = body;
    return this.show(await this.runtime.stores.keys.create({ ...keyFields(body), name, role }));
  }

  @Get(':id')
  async find(@ReadName('key', 'id') id: string): Promise<KeyObject> {
    const key = await this.runtime.stores.keys.find(id);
    if (!key) throw notFound('key', id);
    return keyObject(key);
  }

  @Patch(':id')
  async update(@ReadName('key', 'id') id: string, @ReadBody(updateKeySchema) body: UpdateKey): Promise<KeyObject> {
    const fields = keyFields(body);
    const key = await this.inTurn(async () => {
      const expired = fields.expiresAt != null && fields.expiresAt.getTime() <= Date.now();
      if (fields.role === 'member' || expired) await this.requireAnotherAdmin(id);
      return this.runtime.stores.keys.update(id, fields);
    });
    if (!key) throw notFound('key', id);
    await this.runtime.configuration.reload();
    return keyObject(key);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@ReadName('key', 'id') id: string): Promise<void> {
    const removed = await this.inTurn(async () => {
      await this.requireAnotherAdmin(id);
      return this.runtime.stores.keys.remove(id);
    });
    if (!removed) throw notFound('key', id);
    await this.runtime.configuration.reload();
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async rotate(@ReadName('key', 'id') id: string): Promise<KeyWithSecretObject> {
    const rotated = await this.runtime.stores.keys.rotate(id);
    if (!rotated) throw notFound('key', id);
    return this.show(rotated);
  }

  private async show({ key, secret }: KeyWithSecret): Promise<KeyWithSecretObject> {
    await this.runtime.configuration.reload();
    return { ...keyObject(key), key: secret };
  }

  /** Two requests at once must not each leave it to the other's key to be the last one. */
  private inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.demotions.then(change);
    this.demotions = result.catch(() => {});
    return result;
  }

  /** Without any admin key nobody could make one. */
  private async requireAnotherAdmin(id: string): Promise<void> {
    const admins = (await this.runtime.stores.keys.list()).filter(
      ({ role, expiresAt }) => role === 'admin' && (expiresAt === null || expiresAt.getTime() > Date.now()),
    );
    if (admins.some((key) => key.id !== id) || admins.length === 0) return;
    throw new GatewayError('conflict', { values: { problem: 'this is the last admin key' } });
  }
}
