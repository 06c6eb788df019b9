import type { Environment } from '@parley/contracts';
import {
  AliasStore,
  ChangeFeed,
  ConnectionStore,
  createDataSource,
  createKeyHasher,
  createVault,
  isDatabaseAway,
  KeyStore,
  ModelStore,
  ModelSyncStore,
  readConfiguration,
  ResponseStore,
  SettingStore,
  UsageStore,
  type DataSource,
} from '@parley/persistence';
import { UpstreamPools } from '@parley/providers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Ledger } from './accounting/ledger.ts';
import { settleCall, type Ending, type Settlement } from './accounting/settle.ts';
import { UsageSpool } from './accounting/spool.ts';
import { tokenizer } from './accounting/tokenizer.ts';
import { KeyLimits } from './admission/key-limits.ts';
import { LiveConfiguration } from './configuration/live-configuration.ts';
import type { Snapshot } from './configuration/snapshot.ts';
import type { Call } from './engine/call.ts';
import { Engine } from './engine/engine.ts';
import { Circuits } from './resilience/circuits.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { Affinity } from './routing/affinity.ts';
import { FollowUps } from './routing/follow-ups.ts';
import { isUnhealthy, upstreamWords } from './resilience/verdict.ts';
import { CallTelemetry } from './telemetry/call-telemetry.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { collectProcessMetrics, createRegistry } from './telemetry/registry.ts';
import { zeroInitialise } from './telemetry/metrics-labels.ts';

export type RuntimeOptions = { app: 'gateway' | 'worker'; version: string; poolSize: number };

/** The stores of the database, for the management API, the seed and the doors that remember. */
export type Stores = {
  connections: ConnectionStore;
  models: ModelStore;
  modelSyncs: ModelSyncStore;
  aliases: AliasStore;
  keys: KeyStore;
  settings: SettingStore;
  responses: ResponseStore;
  usage: UsageStore;
};

/** Whose series exist from the start, so that their first error is seen. */
const DATA_PLANE = ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/messages', '/v1beta/*'].map(
  (route) => ({ route, method: 'POST' }),
);
const CIRCUIT_STATE_VALUE = { closed: 0, 'half-open': 1, open: 2 } as const;
const CONNECT_RETRY_MS = 1000;
/** Postgres: a table or a column is not there, since the migrations have not run yet. */
const NOT_MIGRATED: ReadonlySet<unknown> = new Set(['42P01', '42703']);
const monotonicMs = (): number => performance.now();

/** Everything behind the doors of one process: built once, handed to the app as a value. */
export class Runtime {
  readonly dataSource: DataSource;
  readonly stores: Stores;
  readonly hashKey: (secret: string) => string;
  readonly registry = createRegistry();
  readonly metrics: Metrics;
  readonly configuration: LiveConfiguration;
  readonly circuits: Circuits;
  readonly budget = new RetryBudget(monotonicMs);
  readonly limits: KeyLimits;
  readonly engine: Engine;
  readonly followUps = new FollowUps(new Affinity(monotonicMs));
  readonly ledger: Ledger;
  readonly pools = new UpstreamPools();
  private readonly telemetry: CallTelemetry;
  private readonly spool: UsageSpool;
  private readonly feed: ChangeFeed;
  private isClosing = false;

  constructor(
    readonly environment: Environment,
    readonly logger: Logger,
    private readonly options: RuntimeOptions,
  ) {
    const { app, poolSize } = options;
    const applicationName = `parley-${app}`;
    const vault = createVault(environment.ENCRYPTION_MASTER_KEY);
    this.hashKey = createKeyHasher(environment.ENCRYPTION_MASTER_KEY);
    this.dataSource = createDataSource({ url: environment.DATABASE_URL, poolSize, applicationName });
    this.stores = {
      connections: new ConnectionStore(this.dataSource, vault),
      models: new ModelStore(this.dataSource),
      modelSyncs: new ModelSyncStore(this.dataSource),
      aliases: new AliasStore(this.dataSource),
      keys: new KeyStore(this.dataSource, this.hashKey),
      settings: new SettingStore(this.dataSource),
      responses: new ResponseStore(this.dataSource),
      usage: new UsageStore(this.dataSource),
    };
    this.metrics = createMetrics(this.registry);
    this.telemetry = new CallTelemetry(this.metrics);
    this.circuits = new Circuits(monotonicMs, ({ provider, to }) => this.noteCircuit(provider, to));
    this.limits = new KeyLimits(monotonicMs, (kind) => this.metrics.rateLimitRejections.inc({ scope: 'key', kind }));
    this.configuration = new LiveConfiguration({
      read: () => readConfiguration(this.dataSource, vault),
      options: { defaultModel: environment.DEFAULT_MODEL },
      onReload: (snapshot) => this.noteReload(snapshot),
      onProblem: (error) =>
        logger.error({ err: error }, 'the configuration cannot be read; the last one stays in force'),
    });
    this.feed = new ChangeFeed({
      url: environment.DATABASE_URL,
      applicationName,
      onChange: () => void this.configuration.reload(),
      onProblem: (error) => {
        this.configuration.markStale();
        logger.warn({ err: error }, 'changes of the configuration cannot be heard; trying again');
      },
    });
    const { pools, circuits, budget, limits, followUps, telemetry } = this;
    const snapshot = (): Snapshot => this.configuration.current;
    this.engine = new Engine({ pools, circuits, budget, limits, followUps, telemetry, snapshot });
    this.spool = new UsageSpool(environment.SPOOL_DIR);
    this.ledger = new Ledger({
      insert: (rows) => this.stores.usage.insert(rows),
      spool: this.spool,
      onDropped: (count) => this.metrics.usageWriterDropped.inc(count),
      onPending: (count) => this.metrics.usageWriterPending.set(count),
      onProblem: (message, error) => logger.error({ err: error }, message),
    });
  }

  /**
   * Connects and reads the configuration. `prepare` runs between: the gateway seeds a new database there. Waits for a
   * Postgres that is away or not migrated yet; rejects on what waiting does not mend.
   */
  async open(prepare: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.spool.open();
    await this.patiently(() => this.dataSource.initialize());
    await this.patiently(() => this.feed.start());
    await this.patiently(prepare);
    await this.patiently(() => this.configuration.start());
    this.ledger.start();
    collectProcessMetrics(this.registry);
    const connections = [...this.configuration.current.connections.values()];
    zeroInitialise(this.metrics, { providers: connections.map(({ stored }) => stored.provider), routes: DATA_PLANE });
    this.metrics.buildInfo.set({ version: this.options.version, commit: 'unknown', app: this.options.app }, 1);
  }

  /** Closes the books of a call that was delivered, failed or was left. */
  settle(call: Call, ending: Ending): Settlement {
    const settlement = this.reckon(call, ending);
    this.book(call, ending, settlement);
    return settlement;
  }

  /** What a call came to. Writes nothing, so that the answer can say what it cost before anything is written. */
  reckon(call: Call, ending: Ending): Settlement {
    return settleCall(call, ending, performance.now(), new Date());
  }

  /** Writes what a call came to: metrics, limits, circuit, log and ledger. Once for each call. */
  book(call: Call, ending: Ending, settlement: Settlement): void {
    this.note(call, ending, settlement);
    this.ledger.add(settlement.row);
  }

  /** The same without the ledger, for batch items: their row is stored together with their result. */
  settleUnrecorded(call: Call, ending: Ending): Settlement {
    const settlement = this.reckon(call, ending);
    this.note(call, ending, settlement);
    return settlement;
  }

  private note(call: Call, ending: Ending, settlement: Settlement): void {
    const { row } = settlement;
    this.limits.leave(call, (row.inputTokens ?? 0) + (row.outputTokens ?? 0));
    this.noteStreamHealth(call, ending);
    if (call.kind === 'chat' && ending.state !== undefined) this.followUps.noteState(call, ending.state);
    this.telemetry.countSettlement(call, settlement, settlement.endedAtMs);
    this.logger.info(
      {
        request_id: row.id,
        key: row.keyId,
        model: row.modelId,
        route: call.route,
        mode: call.mode,
        outcome: row.outcome,
        error: row.errorCode,
        ...(row.errorCode !== null && { upstream: upstreamWords(ending.error) }),
        attempts: row.attempts.length,
        input_tokens: row.inputTokens,
        output_tokens: row.outputTokens,
        cost_nano_usd: row.costNanoUsd,
        ttft_ms: row.ttftMs,
        duration_ms: row.durationMs,
      },
      'call',
    );
  }

  /** Closes circuits, refills the retry budget of a connection. */
  resetHealth(connection: string): void {
    this.circuits.reset(connection);
    this.budget.reset(connection);
  }

  /** Stores what is not stored yet first: the rest may hang on a peer that does not answer. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.configuration.close();
    await this.ledger.close();
    await this.feed.close();
    await this.pools.close();
    await tokenizer.settled();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async patiently(step: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; !this.isClosing; attempt += 1) {
      try {
        await step();
        return;
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (!isDatabaseAway(error) && !NOT_MIGRATED.has(code)) throw error;
        if (attempt === 1) this.logger.warn({ err: error }, 'waiting for Postgres');
        await sleep(CONNECT_RETRY_MS);
      }
    }
    throw new Error('closed before it was open');
  }

  /** A stream counted as healthy when it began; breaking off counts against its deployment. */
  private noteStreamHealth(call: Call, { error }: Ending): void {
    const last = call.attempts.at(-1);
    if (call.mode !== 'stream' || last?.ttftMs == null) return;
    if (error !== undefined && isUnhealthy(error)) this.circuits.record(last.entry.deployment, false);
  }

  private noteCircuit(provider: string, to: keyof typeof CIRCUIT_STATE_VALUE): void {
    this.metrics.circuitTransitions.inc({ provider, to });
    const worst = this.circuits.worst((entry) => entry.provider === provider);
    this.metrics.circuitState.set({ provider }, CIRCUIT_STATE_VALUE[worst]);
  }

  private noteReload(snapshot: Snapshot): void {
    this.metrics.configLastReloadSuccessTimestampSeconds.set(Math.floor(Date.now() / 1000));
    for (const { stored } of snapshot.connections.values())
      this.metrics.circuitState.inc({ provider: stored.provider }, 0);
  }
}
