import { Controller, Get, Req } from '@nestjs/common';
import { invalidRequest } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { bareModelId } from '../doors/gemini-path.ts';
import { geminiModel, type GeminiModel } from './gemini-model.ts';
import { findVisibleModel, listVisibleModels } from './visible-models.ts';

/** Google's own ceiling. Its default is lower, but callers who do not page shall see everything. */
const MAX_PAGE_SIZE = 1000;

/** The models that a caller may use, in Gemini's shape: https://ai.google.dev/api/models */
@Controller('v1beta')
@AllowAccess('member')
export class GeminiModelsController {
  constructor(private readonly runtime: Runtime) {}

  @Get('models')
  list(@Req() request: IdentifiedRequest): { models: GeminiModel[]; nextPageToken?: string } {
    const query = request.query as Record<string, unknown>;
    const size = Math.min(readCount(query, 'pageSize') || MAX_PAGE_SIZE, MAX_PAGE_SIZE);
    const start = readCount(query, 'pageToken');
    const named = listVisibleModels(this.runtime, request.caller);
    const end = start + size;
    return {
      models: named.slice(start, end).map(({ id, entry }) => geminiModel(entry, id)),
      ...(end < named.length && { nextPageToken: String(end) }),
    };
  }

  /** Ids hold slashes, so the rest of the path is the id. */
  @Get('models/*')
  find(@Req() request: IdentifiedRequest): GeminiModel {
    const id = bareModelId((request.params as Record<string, string>)['*'] ?? '');
    return geminiModel(findVisibleModel(this.runtime, request.caller, id), id);
  }
}

function readCount(query: Record<string, unknown>, name: string): number {
  const value = query[name] ?? '0';
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  throw invalidRequest(name, 'must be a whole number');
}
