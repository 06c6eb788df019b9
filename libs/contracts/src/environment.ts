import { z } from 'zod';

/**
 * Everything that Parley reads from the environment, checked at once at start. `.env.example` and the manifests are held
 * to these names by tests. Provider variables are listed apart, in the providers' catalog.
 */
const flag = z.enum(['on', 'off']);
const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().min(0);
const url = (protocols: string[]) =>
  z.string().refine((value) => protocols.includes(protocolOf(value)), {
    message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

const protocolOf = (value: string): string => (URL.canParse(value) ? new URL(value).protocol : '');

export const environmentSchema = z.object({
  NODE_ENV: z.string().default('development'),
  /** Where the gateway listens. */
  PORT: port.default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Prometheus metrics, on a port of their own; absent: 9464 for the gateway, 9465 for the worker; 0 = any free port. */
  METRICS_PORT: port.optional(),
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  REDIS_URL: url(['redis:', 'rediss:']).optional(),
  /** Which backend carries the jobs. Absent: redis where REDIS_URL is set, else postgres. */
  QUEUE: z.enum(['redis', 'postgres']).optional(),
  /** Seals provider credentials. 32 bytes as 64 hex characters. */
  ENCRYPTION_MASTER_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex characters (32 bytes); make one with: openssl rand -hex 32'),
  /** The first admin key. Absent: the gateway makes none and expects one in the database. */
  ADMIN_KEY: z
    .string()
    .regex(/^sk-parley-[A-Za-z0-9_-]{43}$/, 'must be "sk-parley-" and 43 base64url characters')
    .optional(),
  AUTH: z.enum(['required', 'off']).default('required'),
  /** Comma-separated origins that browsers may call /v1 from; "*" = any (no credentials are ever allowed). */
  CORS_ORIGINS: z.string().default('*'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DEFAULT_MODEL: z.string().min(1).optional(),
  DEFAULT_LOCALE: z.enum(['en', 'ru', 'uk']).default('en'),
  /** How GET /v1/models spells ids: openai/gpt-4o, ext-openai-gpt-4o, or both. */
  MODEL_ID_STYLE: z.enum(['path', 'ext', 'both']).default('path'),
  /** Requests per minute over all callers, and per client address; 0 = no limit. */
  RATE_LIMIT_GLOBAL_RPM: count.default(0),
  RATE_LIMIT_PER_ADDRESS_RPM: count.default(0),
  /** Comma-separated addresses or ranges of proxies whose X-Forwarded-For is believed. Absent: none. */
  TRUSTED_PROXIES: z.string().optional(),
  /** The largest request body in MiB, batch files excepted. */
  BODY_LIMIT_MIB: z.coerce.number().int().min(1).max(512).default(32),
  /** One deadline over all attempts of a request, in seconds. */
  REQUEST_TIMEOUT_S: z.coerce.number().int().min(1).max(3600).default(600),
  /** How long running streams may go on after SIGTERM, in seconds. */
  DRAIN_TIMEOUT_S: z.coerce.number().int().min(0).max(3600).default(30),
  SIMULATOR: flag.default('on'),
  /** Where the simulator answers; set by `npm start` and by compose. */
  SIMULATOR_URL: url(['http:', 'https:']).default('http://127.0.0.1:4010'),
  /** Usage rows older than this are dropped with their partition; 0 = kept for ever. */
  RETENTION_DAYS: count.default(90),
  /** Batch items that one worker process runs at the same time. */
  BATCH_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(32),
  /** Where usage rows wait on disk while Postgres is away. */
  SPOOL_DIR: z.string().min(1).default('.data/spool'),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Thrown with every problem at once; processes exit with code 78 (EX_CONFIG) on it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

export const EXIT_CONFIGURATION = 78;

/** Reads and checks the environment. An empty variable counts as absent. */
export function readEnvironment(source: Record<string, string | undefined>): Environment {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const result = environmentSchema.safeParse(present);
  const problems = result.success ? [] : result.error.issues.map((issue) => describe(issue, present));
  const { AUTH = 'required', HOST = '127.0.0.1', QUEUE, REDIS_URL } = present;
  if (AUTH === 'off' && !isLoopback(HOST))
    problems.push(`AUTH: "off" is possible only when HOST is a loopback address`);
  if (QUEUE === 'redis' && !REDIS_URL) problems.push('REDIS_URL: is needed because QUEUE is "redis"');
  if (!result.success || problems.length > 0) {
    throw new EnvironmentError(`The configuration is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
  }
  return result.data;
}

function describe(issue: z.core.$ZodIssue, present: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  return present[name] === undefined ? `${name}: is not set` : `${name}: ${lowerFirst(issue.message)}`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
