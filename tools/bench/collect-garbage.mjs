import { readFileSync } from 'node:fs';

/** What Node writes to standard error when it runs with `--inspect`. */
const INSPECTOR_ADDRESS = /Debugger listening on (ws:\S+)/;
const DEADLINE_MS = 30_000;

/**
 * Has a process collect its garbage now, wherever V8 would still have waited: memory that is measured afterwards is in
 * use. By the method `HeapProfiler.collectGarbage` of the Chrome DevTools Protocol.
 * @param {string} logFile standard error of a Node that was started with `--inspect=127.0.0.1:0`
 */
export async function collectGarbage(logFile) {
  const [, address] = INSPECTOR_ADDRESS.exec(readFileSync(logFile, 'utf8')) ?? [];
  if (!address) throw new Error(`There is no inspector's address in ${logFile}`);
  const socket = new WebSocket(address);
  try {
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('The garbage collection did not end')), DEADLINE_MS);
      socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
      socket.onerror = () => reject(new Error(`The inspector at ${address} does not answer`));
      socket.onmessage = () => {
        clearTimeout(late);
        resolve(undefined);
      };
    });
  } finally {
    socket.close();
  }
}
