import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Runtime } from '@parley/inference';

/** Makes the process's runtime injectable everywhere; it is opened and closed by `main.ts`. */
@Global()
@Module({})
export class RuntimeModule {
  static with(runtime: Runtime): DynamicModule {
    return { module: RuntimeModule, providers: [{ provide: Runtime, useValue: runtime }], exports: [Runtime] };
  }
}
