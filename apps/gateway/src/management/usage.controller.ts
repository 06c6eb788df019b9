import { Controller, Get, Req } from '@nestjs/common';
import { invalidRequest } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import type { UsageRange } from '@parley/persistence';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import type { Page } from './page.ts';
import { ownUsageQuerySchema, requestsQuerySchema, usageQuerySchema } from './queries.ts';
import type { OwnUsageQuery, RequestsQuery, UsageQuery } from './queries.ts';
import { notFound, ReadName, ReadQuery } from './read-input.ts';
import { requestObject, usageObject } from './usage-object.ts';
import { writeLedger } from './write-ledger.ts';

const DEFAULT_RANGE_MS = 30 * 24 * 3600 * 1000;

/** What was asked, and what it cost. */
@Controller('api')
export class UsageController {
  constructor(private readonly runtime: Runtime) {}

  @Get('usage')
  async summarise(@ReadQuery(usageQuerySchema) query: UsageQuery): Promise<Page<ReturnType<typeof usageObject>>> {
    await writeLedger(this.runtime);
    const groupBy = query.group_by;
    const summaries = await this.runtime.stores.usage.summarise({ groupBy, ...rangeOf(query) });
    return { data: summaries.map(usageObject), has_more: false };
  }

  @Get('me/usage')
  @AllowAccess('member')
  async summariseOwn(
    @Req() { caller }: IdentifiedRequest,
    @ReadQuery(ownUsageQuerySchema) query: OwnUsageQuery,
  ): Promise<Page<ReturnType<typeof usageObject>>> {
    return this.summarise({ ...query, key: caller.id });
  }

  @Get('requests')
  async listRequests(
    @ReadQuery(requestsQuerySchema) query: RequestsQuery,
  ): Promise<Page<ReturnType<typeof requestObject>>> {
    await writeLedger(this.runtime);
    const { limit, after } = query;
    const page = await this.runtime.stores.usage.list({ limit, after, ...rangeOf(query) });
    return { data: page.rows.map(requestObject), has_more: page.hasMore };
  }

  @Get('requests/:id')
  async findRequest(@ReadName('request', 'id') id: string): Promise<ReturnType<typeof requestObject>> {
    await writeLedger(this.runtime);
    const row = await this.runtime.stores.usage.find(id);
    if (!row) throw notFound('request', id);
    return requestObject(row);
  }
}

function rangeOf(query: { key?: string | undefined; from?: Date | undefined; to?: Date | undefined }): UsageRange {
  // `to` itself does not count, and what was just answered does.
  const to = query.to ?? new Date(Date.now() + 1);
  const from = query.from ?? new Date(to.getTime() - DEFAULT_RANGE_MS);
  if (from >= to) throw invalidRequest('from', 'must lie before `to`');
  return { from, to, keyId: query.key };
}
