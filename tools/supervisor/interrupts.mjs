/** npm passes Ctrl-C on to a process that the terminal has told already: two signals this close are one. */
const SAME_INTERRUPT_MS = 500;

/** The first Ctrl-C (or SIGTERM, or a closed terminal) stops in order, a second one kills at once. */
export function listenForInterrupts() {
  const first = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
  let onSecond = () => {};
  /** @type {number | undefined} */
  let firstAt;
  const onSignal = () => {
    firstAt ??= performance.now();
    first.resolve();
    if (performance.now() - firstAt < SAME_INTERRUPT_MS) return;
    onSecond();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  // A closed terminal takes its streams with it; the shutdown goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return { first: first.promise, onSecond: (/** @type {() => void} */ act) => (onSecond = act) };
}
