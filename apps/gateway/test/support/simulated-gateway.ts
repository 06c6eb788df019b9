import { OpenAI } from 'openai';
import { simulatorConnections } from './configuration.ts';
import { startSimulatorProcess, type SimulatorProcess } from './simulator-process.ts';
import { startTestGateway, type TestGateway } from './test-gateway.ts';

export type SimulatedGateway = TestGateway & {
  simulator: SimulatorProcess;
  /** OpenAI's own client, as the administrator, without retries of its own. */
  openai: OpenAI;
};

/** A gateway whose three providers are one simulator: `openai`, `anthropic` and `google`, each with `small` and `large`. */
export async function startSimulatedGateway(): Promise<SimulatedGateway> {
  const simulator = await startSimulatorProcess();
  const gateway = await startTestGateway({ connections: simulatorConnections(simulator.url) });
  return {
    ...gateway,
    simulator,
    openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.adminKey, maxRetries: 0 }),
    async close() {
      await gateway.close();
      await simulator.close();
    },
  };
}

export const CONNECTIONS = ['openai', 'anthropic', 'google'] as const;

/** What the simulator says it understood, for requests with the marker `echo`. */
export type Echo = {
  dialect: string;
  model: string;
  system: string;
  roles: string[];
  images: ({ mime: string; bytes: number } | { url: string })[];
  tools: string[];
  toolChoice: string | null;
  toolResults: { name: string; content: string }[];
  jsonSchema: Record<string, unknown> | null;
  params: Record<string, unknown>;
};

export const readEcho = (text: string | null | undefined): Echo => JSON.parse(text ?? '') as Echo;
