import 'reflect-metadata';
import { EXIT_CONFIGURATION, EnvironmentError, readEnvironment } from '@parley/contracts';
import { createLogger, LogOutput } from '@parley/inference';
import { setFlagsFromString } from 'node:v8';
import { startGateway, type RunningGateway } from './start-gateway.ts';

// What a request leaves behind is little and dies at once. Waking threads to collect it costs more than collecting it.
setFlagsFromString('--no-parallel-scavenge');

let gateway: RunningGateway | undefined;
let isStopping = false;
const output = new LogOutput(process.stdout);

/** Ends the process in order: with 0, whatever was cut off. */
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  const stopped = gateway?.stop().catch((error: unknown) => console.error(error));
  void Promise.resolve(stopped).then(() => {
    output.flush();
    process.exit(0);
  });
}

/** A second signal means: at once. */
function stopBySignal(): void {
  if (isStopping) process.exit(1);
  stop();
}

function fail(error: unknown): void {
  // What was waited for when the process was told to end is no failure.
  if (isStopping) return;
  const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (error instanceof EnvironmentError) console.error(error.message);
  else if (isBusy) console.error(`Parley cannot listen: ${error.message}. Choose another PORT or METRICS_PORT.`);
  else console.error(error);
  process.exit(error instanceof EnvironmentError || isBusy ? EXIT_CONFIGURATION : 1);
}

process.on('SIGTERM', stopBySignal).on('SIGINT', stopBySignal).on('disconnect', stop);
try {
  const environment = readEnvironment(process.env);
  const logger = createLogger('gateway', environment.LOG_LEVEL, output);
  gateway = await startGateway(environment, process.env, logger);
  await gateway.ready;
  process.send?.({ type: 'ready', port: gateway.port });
} catch (error) {
  fail(error);
}
