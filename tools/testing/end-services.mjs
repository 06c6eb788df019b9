/** After all tests (Jest's globalTeardown): the servers end, and their data go. */
import { once } from 'node:events';

export default async function endServices() {
  const { parleyTestServices: host } =
    /** @type {{ parleyTestServices: import('node:child_process').ChildProcess }} */ (
      /** @type {unknown} */ (globalThis)
    );
  const exited = once(host, 'exit');
  host.disconnect();
  await exited;
}
