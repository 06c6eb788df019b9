/**
 * The load, in a process of its own: asks over raw connections, one request at a time on each, and checks every answer.
 * Speaks with the bench by IPC: one message with a job in, one with its outcome out.
 */
import net from 'node:net';
import { AnswerReader } from './answer-reader.mjs';
import { expectedAnswer, MEMORY, requestBytes, scenarioOf } from './scenarios.mjs';

/** How long answers may still take once nothing new is asked; whoever is later counts as bad. */
const DRAIN_MS = 20_000;
/** A target that refuses connections must not be asked in a tight loop. */
const RETRY_MS = 100;
/** Idle streams are opened in groups, so that no listen queue overflows. */
const OPENING_AT_ONCE = 100;

/**
 * @typedef {object} Outcome
 * @property {number} answered whole and right answers
 * @property {number} deltas that came with them
 * @property {Record<string, number>} bad what went wrong, and how often
 *
 * @typedef {{ job: 'run', scenario: import('./scenarios.mjs').CpuScenarioName, seconds: number, port: number, apiKey: string }} RunJob
 * @typedef {{ job: 'hold', streams: number, port: number, apiKey: string } | { job: 'release' }} HoldJob
 */

/** @returns {Outcome} */
const emptyOutcome = () => ({ answered: 0, deltas: 0, bad: {} });

/** @param {Outcome} outcome @param {string} problem */
function complain(outcome, problem) {
  outcome.bad[problem] = (outcome.bad[problem] ?? 0) + 1;
}

/**
 * Asks for so many seconds, then waits for what is under way.
 * @param {RunJob} job
 * @returns {Promise<Outcome>}
 */
async function run({ scenario: name, seconds, port, apiKey }) {
  const scenario = scenarioOf(name);
  const answer = expectedAnswer(scenario);
  const outcome = emptyOutcome();
  const request = requestBytes(scenario, apiKey);
  const endAt = performance.now() + seconds * 1000;
  /** @type {Set<() => void>} */
  const open = new Set();
  const asking = Array.from({ length: scenario.connections }, () =>
    askAgainAndAgain({ port, request, answer, endAt, outcome, open }),
  );
  const late = setTimeout(() => open.forEach((giveUp) => giveUp()), seconds * 1000 + DRAIN_MS);
  await Promise.all(asking);
  clearTimeout(late);
  return outcome;
}

/**
 * @param {object} order
 * @param {number} order.port
 * @param {Buffer} order.request
 * @param {ReturnType<typeof expectedAnswer>} order.answer
 * @param {number} order.endAt
 * @param {Outcome} order.outcome
 * @param {Set<() => void>} order.open how to end each connection
 */
async function askAgainAndAgain(order) {
  while (performance.now() < order.endAt) {
    const failed = await askOnOneConnection(order);
    if (failed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * @param {Parameters<typeof askAgainAndAgain>[0]} order
 * @returns {Promise<boolean>} whether the connection failed
 */
function askOnOneConnection({ port, request, answer, endAt, outcome, open }) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const leave = (/** @type {string | undefined} */ problem) => {
      if (!open.delete(giveUp)) return;
      if (problem) complain(outcome, problem);
      socket.destroy();
      resolve(problem !== undefined);
    };
    const giveUp = () => leave('never answered');
    const ask = () => socket.write(request);
    const reader = new AnswerReader(answer.marker, ({ status, count, ending }) => {
      const problem = whatIsWrong({ status, count, ending }, answer);
      if (problem) complain(outcome, problem);
      else {
        outcome.answered += 1;
        outcome.deltas += count;
      }
      if (performance.now() < endAt) ask();
      else leave(undefined);
    });
    open.add(giveUp);
    socket.on('connect', ask);
    socket.on('data', (bytes) => reader.read(bytes));
    socket.on('error', (error) => leave(`connection: ${/** @type {NodeJS.ErrnoException} */ (error).code}`));
    socket.on('close', () => leave('closed before the answer was whole'));
  });
}

/**
 * @param {import('./answer-reader.mjs').ReadAnswer} read
 * @param {ReturnType<typeof expectedAnswer>} expected
 */
function whatIsWrong({ status, count, ending }, expected) {
  if (status !== 200) return `status ${status}`;
  if (count !== expected.count) return `${count} of ${expected.count} expected pieces`;
  return ending.endsWith(expected.ending) ? undefined : 'no proper end';
}

/** Streams that are held open, and what became of them. */
class HeldStreams {
  /** @type {net.Socket[]} */
  #sockets = [];
  #outcome = emptyOutcome();

  /**
   * Opens so many streams and resolves when each has brought a delta or failed.
   * @param {{ streams: number, port: number, apiKey: string }} order
   * @returns {Promise<Outcome>}
   */
  async open({ streams, port, apiKey }) {
    const request = requestBytes(MEMORY.question, apiKey);
    for (let opened = 0; opened < streams; opened += OPENING_AT_ONCE) {
      const group = Math.min(OPENING_AT_ONCE, streams - opened);
      await Promise.all(Array.from({ length: group }, () => this.#openOne(port, request)));
    }
    return this.#outcome;
  }

  /** Leaves all streams. The outcome tells about those that had ended by themselves. */
  release() {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy();
    return this.#outcome;
  }

  /**
   * @param {number} port
   * @param {Buffer} request
   * @returns {Promise<void>}
   */
  #openOne(port, request) {
    return new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      const timer = setTimeout(() => socket.destroy(), DRAIN_MS);
      let begun = false;
      const noteDelta = () => {
        this.#outcome.deltas += 1;
        if (begun) return;
        begun = true;
        clearTimeout(timer);
        this.#outcome.answered += 1;
        resolve();
      };
      const reader = new AnswerReader(
        expectedAnswer(MEMORY.question).marker,
        ({ status }) => complain(this.#outcome, `ended with status ${status}`),
        noteDelta,
      );
      this.#sockets.push(socket);
      socket.on('connect', () => socket.write(request));
      socket.on('data', (bytes) => reader.read(bytes));
      socket.on('error', (error) => complain(this.#outcome, String(/** @type {NodeJS.ErrnoException} */ (error).code)));
      socket.on('close', () => {
        complain(this.#outcome, begun ? 'stream closed early' : 'stream never began');
        resolve();
      });
    });
  }
}

/** @type {HeldStreams | undefined} */
let held;

/**
 * @param {RunJob | HoldJob} message
 * @returns {Promise<Outcome>}
 */
async function work(message) {
  if (message.job === 'run') return run(message);
  if (message.job === 'release') return held?.release() ?? emptyOutcome();
  held = new HeldStreams();
  return held.open(message);
}

process.on('message', (message) => {
  const job = /** @type {RunJob | HoldJob} */ (message);
  void work(job).then((outcome) => process.send?.({ type: 'outcome', outcome }));
});
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());
process.send?.({ type: 'ready', port: 0 });
