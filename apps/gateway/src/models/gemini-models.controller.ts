import { Controller, Get, Req } from '@nestjs/common';
import { Runtime } from '@parley/inference';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { findGeminiModel, listGeminiModels, type GeminiModel, type GeminiModelList } from './gemini-model.ts';

/** The models that a caller may use, where Google has its own. */
@Controller('v1beta')
@AllowAccess('member')
export class GeminiModelsController {
  constructor(private readonly runtime: Runtime) {}

  @Get('models')
  list(@Req() request: IdentifiedRequest): GeminiModelList {
    return listGeminiModels(this.runtime, request);
  }

  /** Ids hold slashes, so the rest of the path is the id. */
  @Get('models/*')
  find(@Req() request: IdentifiedRequest): GeminiModel {
    return findGeminiModel(this.runtime, request);
  }
}
