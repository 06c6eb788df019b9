import { z } from 'zod';
import { type Simulator, startSimulator } from './server.ts';

/** `sysexits.h` EX_CONFIG: what was configured cannot work, so starting again will not help. */
const EXIT_CONFIG = 78;

const Environment = z.object({
  SIMULATOR_PORT: z.coerce.number().int().min(0).max(65_535).default(4010),
  HOST: z.string().min(1).default('127.0.0.1'),
});

const environment = Environment.safeParse(process.env);
if (!environment.success) fail(z.prettifyError(environment.error).replaceAll('\n', ' '));
else await run(environment.data.SIMULATOR_PORT, environment.data.HOST);

async function run(port: number, host: string): Promise<void> {
  let simulator: Simulator;
  try {
    simulator = await startSimulator({ port, host });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    fail(isTaken ? `port ${port} on ${host} is taken; set SIMULATOR_PORT to another one` : String(error));
    return;
  }
  const { url } = simulator;
  let isClosing = false;
  const stop = (): void => {
    if (isClosing) return;
    isClosing = true;
    void simulator.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  process.stdout.write(
    `simulator: ${url}/openai/v1 ${url}/anthropic ${url}/gemini and more (any key, models small and large)\n`,
  );
  process.send?.({ type: 'ready', port: simulator.port });
}

function fail(reason: string): void {
  process.stderr.write(`simulator: ${reason}\n`);
  process.exitCode = EXIT_CONFIG;
  if (process.connected) process.disconnect();
}
