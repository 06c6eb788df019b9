import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ThrottlerModule } from '@nestjs/throttler';
import { Runtime } from '@parley/inference';
import { IdentityGuard } from './admission/identity.guard.ts';
import { KeyInUrlGuard } from './admission/key-in-url.guard.ts';
import { RateLimitGuard, throttlerOptions } from './admission/rate-limit.guard.ts';
import { ChatController } from './doors/chat.controller.ts';
import { EmbeddingsController } from './doors/embeddings.controller.ts';
import { MessagesController } from './doors/messages.controller.ts';
import { ResponsesController } from './doors/responses.controller.ts';
import { GeminiController } from './doors/gemini.controller.ts';
import { ErrorFilter } from './errors/error.filter.ts';
import { Drain } from './health/drain.ts';
import { HealthController } from './health/health.controller.ts';
import { ManagementModule } from './management/management.module.ts';
import { GeminiModelsController } from './models/gemini-models.controller.ts';
import { ModelsController } from './models/models.controller.ts';
import { BatchesModule } from './batches/batches.module.ts';
import { RuntimeModule } from './runtime/runtime.module.ts';

/** The gateway's composition root. Guards run in their order here: limits first, so that guessing keys is limited too. */
@Module({})
export class AppModule {
  static with(runtime: Runtime): DynamicModule {
    const limits = throttlerOptions(runtime.environment, (scope) => {
      runtime.metrics.rateLimitRejections.inc({ scope, kind: 'rpm' });
    });
    const limited = Array.isArray(limits) || limits.throttlers.length > 0;
    return {
      module: AppModule,
      imports: [
        RuntimeModule.with(runtime),
        BatchesModule.with(runtime),
        ManagementModule,
        TerminusModule.forRoot({ logger: false }),
        ...(limited ? [ThrottlerModule.forRoot(limits)] : []),
      ],
      controllers: [
        ChatController,
        ResponsesController,
        MessagesController,
        EmbeddingsController,
        GeminiController,
        ModelsController,
        GeminiModelsController,
        HealthController,
      ],
      providers: [
        Drain,
        ...(limited ? [{ provide: APP_GUARD, useClass: RateLimitGuard }] : []),
        { provide: APP_GUARD, useClass: KeyInUrlGuard },
        { provide: APP_GUARD, useClass: IdentityGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
