import { Controller, Get, Req } from '@nestjs/common';
import { GatewayError } from '@parley/contracts';
import { findModel, isAllowed, Runtime, type ModelEntry, type Snapshot } from '@parley/inference';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { Caller, IdentifiedRequest } from '../admission/caller.ts';
import { isAnthropicClient } from '../errors/error-shape.ts';
import { anthropicModel, anthropicModelList, modelObject } from './model-object.ts';

/** The models that a caller may use, from the snapshot. */
@Controller('v1')
@AllowAccess('member')
export class ModelsController {
  constructor(private readonly runtime: Runtime) {}

  @Get('models')
  list(@Req() request: IdentifiedRequest): unknown {
    const entries = this.visible(this.runtime.configuration.current, request.caller);
    const data = entries.flatMap((entry) => this.spellings(entry).map((id) => modelObject(entry, id)));
    return isAnthropicClient(request) ? anthropicModelList(data) : { object: 'list', data };
  }

  /** Ids hold slashes, so the rest of the path is the id. */
  @Get('models/*')
  find(@Req() request: IdentifiedRequest): unknown {
    const id = (request.params as Record<string, string>)['*'] ?? '';
    const snapshot = this.runtime.configuration.current;
    const entry = snapshot.aliases.get(id)?.targets[0]?.entry ?? findModel(snapshot, id).find((found) => found.stored);
    if (!entry || !isAllowed(request.caller, entry, id)) {
      throw new GatewayError('model_not_found', { param: 'model', values: { model: id } });
    }
    const model = modelObject(entry, id);
    return isAnthropicClient(request) ? anthropicModel(model) : model;
  }

  private visible(snapshot: Snapshot, caller: Caller): ModelEntry[] {
    return [...snapshot.models.values()].filter((entry) => isAllowed(caller, entry, entry.deployment.id));
  }

  private spellings({ deployment: { id, connection, target } }: ModelEntry): string[] {
    const ext = `ext-${connection}-${target.upstreamModel}`;
    const style = this.runtime.environment.MODEL_ID_STYLE;
    return style === 'both' ? [id, ext] : [style === 'ext' ? ext : id];
  }
}
