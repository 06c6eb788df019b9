import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';

/**
 * @typedef {'redis-url' | 'private-redis' | 'postgres'} QueueHome where BullMQ keeps its jobs
 */

const NAMES = {
  'redis-url': 'the Redis of REDIS_URL',
  'private-redis': 'a private Redis',
  postgres: 'Postgres',
};

/**
 * Decides where the queue lives: what the environment asks for, else where it lived before (jobs do not move between
 * backends), else the best that this machine has.
 * @param {object} facts
 * @param {NodeJS.ProcessEnv} facts.environment
 * @param {QueueHome | undefined} facts.previous
 * @param {boolean} facts.hasRedisProgram
 * @returns {{ home: QueueHome, notice?: string }} notice: one line for the user
 */
export function chooseQueueHome({ environment, previous, hasRedisProgram }) {
  const home = askedFor(environment, hasRedisProgram) ?? keepOrChoose(previous, hasRedisProgram);
  if (!previous || previous === home) return { home };
  const reason =
    previous === 'private-redis' && !hasRedisProgram ? 'no redis or valkey program is on the PATH' : 'as configured';
  return {
    home,
    notice: `The queue moves from ${NAMES[previous]} to ${NAMES[home]} (${reason}); jobs that wait there stay there.`,
  };
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {boolean} hasRedisProgram
 * @returns {QueueHome | undefined}
 */
function askedFor({ QUEUE: queue, REDIS_URL: redisUrl }, hasRedisProgram) {
  if (queue === 'postgres') return 'postgres';
  if (queue && queue !== 'redis') {
    throw new StartProblem(`QUEUE must be "redis" or "postgres", but is "${queue}".`, {
      exitCode: BROKEN_CONFIGURATION,
    });
  }
  if (redisUrl) return 'redis-url';
  if (!queue) return undefined;
  if (hasRedisProgram) return 'private-redis';
  throw new StartProblem(
    'QUEUE=redis, but there is no redis-server or valkey-server on the PATH and no REDIS_URL: install one, set REDIS_URL or use QUEUE=postgres.',
    { exitCode: BROKEN_CONFIGURATION },
  );
}

/**
 * @param {QueueHome | undefined} previous
 * @param {boolean} hasRedisProgram
 * @returns {QueueHome}
 */
function keepOrChoose(previous, hasRedisProgram) {
  if (previous === 'postgres') return 'postgres';
  return hasRedisProgram ? 'private-redis' : 'postgres';
}

/**
 * Where the queue lived at the last start.
 * @param {string} dataDirectory
 * @returns {QueueHome | undefined}
 */
export function readQueueHome(dataDirectory) {
  const file = fileIn(dataDirectory);
  if (!existsSync(file)) return undefined;
  try {
    const { home } = JSON.parse(readFileSync(file, 'utf8'));
    return Object.hasOwn(NAMES, home) ? home : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} dataDirectory
 * @param {QueueHome} home
 */
export function writeQueueHome(dataDirectory, home) {
  writeFileSync(fileIn(dataDirectory), `${JSON.stringify({ home })}\n`);
}

/** @param {string} dataDirectory */
function fileIn(dataDirectory) {
  return join(dataDirectory, 'queue.json');
}
