import { EnvironmentError, EXIT_CONFIGURATION, readEnvironment } from '@parley/contracts';
import { startWorker, type RunningWorker, type WorkerOptions } from './start-worker.ts';

/**
 * The life of a worker process: checks the environment variables (exit 78 when it is not usable), starts, reports `ready` to its
 * supervisor, and ends with 0 after a drain on SIGTERM, on SIGINT, or when the supervisor goes.
 */
export async function runWorkerProcess(
  variables: Record<string, string | undefined>,
  open: WorkerOptions['open'],
): Promise<void> {
  let worker: RunningWorker | undefined;
  const end = (): void => {
    if (!worker) process.exit(0);
    worker.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', end).once('SIGINT', end).once('disconnect', end);
  try {
    worker = await startWorker({ environment: readEnvironment(variables), open });
    process.send?.({ type: 'ready', port: worker.healthPort });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  const isConfiguration = error instanceof EnvironmentError;
  process.stderr.write(`${isConfiguration ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(isConfiguration ? EXIT_CONFIGURATION : 1);
}
