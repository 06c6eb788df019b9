/**
 * Listens on a free port of the loopback interface, tells it to the process that started this one, and ends with it.
 * @param {import('node:http').Server} server
 */
export function serveBench(server) {
  process.once('disconnect', () => process.exit());
  process.once('SIGTERM', () => process.exit());
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ type: 'ready', port });
  });
}
