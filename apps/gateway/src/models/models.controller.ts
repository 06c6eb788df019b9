import { Controller, Get, Req } from '@nestjs/common';
import { Runtime } from '@parley/inference';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { isAnthropicClient, isGeminiClient } from '../errors/foreign-client.ts';
import { anthropicModel, anthropicModelPage } from './anthropic-model.ts';
import { findGeminiModel, listGeminiModels } from './gemini-model.ts';
import { modelObject } from './model-object.ts';
import { findVisibleModel, listVisibleModels } from './visible-models.ts';

/** The models that a caller may use, from the snapshot. */
@Controller('v1')
@AllowAccess('member')
export class ModelsController {
  constructor(private readonly runtime: Runtime) {}

  @Get('models')
  list(@Req() request: IdentifiedRequest): unknown {
    if (isGeminiClient(request)) return listGeminiModels(this.runtime, request);
    const data = listVisibleModels(this.runtime, request.caller).map(({ id, entry }) => modelObject(entry, id));
    return isAnthropicClient(request) ? anthropicModelPage(data, request.query) : { object: 'list', data };
  }

  /** Ids hold slashes, so the rest of the path is the id. */
  @Get('models/*')
  find(@Req() request: IdentifiedRequest): unknown {
    if (isGeminiClient(request)) return findGeminiModel(this.runtime, request);
    const id = (request.params as Record<string, string>)['*'] ?? '';
    const model = modelObject(findVisibleModel(this.runtime, request.caller, id), id);
    return isAnthropicClient(request) ? anthropicModel(model) : model;
  }
}
