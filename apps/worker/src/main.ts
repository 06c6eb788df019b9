import { createInferenceExecution } from './inference-execution.ts';
import { runWorkerProcess } from './run-process.ts';

await runWorkerProcess({ createExecution: createInferenceExecution });
