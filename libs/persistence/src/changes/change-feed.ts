import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CHANGE_CHANNEL, CHANGE_TOPICS, type ChangeTopic } from './notify-change.ts';

export type ChangeFeedOptions = {
  /** The same database as the data source's. */
  url: string;
  applicationName: string;
  /** Called for each change, and with `everything` after a reconnect, since changes may have been missed meanwhile. */
  onChange: (topic: ChangeTopic | 'everything') => void;
  /** Called when the connection is lost and at each attempt that fails; the feed goes on by itself. */
  onProblem: (error: Error) => void;
  /** How often a silent connection is tried, in milliseconds. */
  probeIntervalMs?: number;
};

/** A connection that listens. */
type Line = {
  /** Resolves with the reason when the connection does not work any more. */
  lost: Promise<Error>;
  hangUp(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
const HANG_UP_TIMEOUT_MS = 1_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;

/** Listens for configuration changes on a connection of its own and stays connected until it is closed. */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** Resolves once the feed listens: a change that commits later is reported. Rejects when Postgres is not there. */
  async start(): Promise<void> {
    const line = await this.#connect();
    this.#running = this.#stayConnected(line);
  }

  /** Ends the feed; nothing is called back afterwards. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #stayConnected(firstLine: Line): Promise<void> {
    const { signal } = this.#closing;
    const closed = new Promise<Error>((resolve) => {
      signal.addEventListener('abort', () => resolve(new Error('The change feed is closed')));
    });
    let line: Line | undefined = firstLine;
    while (line) {
      const reason: Error = await Promise.race([line.lost, closed]);
      await line.hangUp();
      line = signal.aborted ? undefined : await this.#reconnect(reason);
    }
  }

  /** Tries until it succeeds or the feed is closed. */
  async #reconnect(firstReason: Error): Promise<Line | undefined> {
    const { onChange, onProblem } = this.#options;
    const { signal } = this.#closing;
    let reason = firstReason;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      onProblem(reason);
      await sleep(backoffMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        const line = await this.#connect();
        if (!signal.aborted) onChange('everything');
        return line;
      } catch (error) {
        reason = asError(error);
      }
    }
  }

  async #connect(): Promise<Line> {
    const { url, applicationName, onChange, probeIntervalMs = 30_000 } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    const { promise: lost, resolve: lose } = Promise.withResolvers<Error>();
    // Attached before connecting: a client that fails without an `error` listener ends the process.
    client.on('error', lose);
    client.on('end', () => lose(new Error('The connection that listens for changes has ended')));
    client.on('notification', ({ payload }) => {
      const topic = CHANGE_TOPICS.find((known) => known === payload);
      if (topic && !this.#closing.signal.aborted) onChange(topic);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANGE_CHANNEL}`);
    } catch (error) {
      await endClient(client);
      throw error;
    }
    // A peer that vanished without a word shows only when something is sent to it.
    const probe = setInterval(() => {
      client.query('SELECT 1').catch((error: unknown) => lose(asError(error)));
    }, probeIntervalMs);
    return {
      lost,
      async hangUp() {
        clearInterval(probe);
        await endClient(client);
      },
    };
  }
}

/** Says goodbye, but does not wait long for a server that may be gone. */
async function endClient(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => {}), sleep(HANG_UP_TIMEOUT_MS, undefined, { ref: false })]);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
