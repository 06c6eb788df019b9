import { openInference } from './inference/open-inference.ts';
import { runWorkerProcess } from './run-process.ts';

await runWorkerProcess(process.env, openInference);
