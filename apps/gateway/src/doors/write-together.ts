import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** An answer that is ready: `write` sends it, `book` closes its books afterwards. */
type Delivery = { write(): void; book(): void };

let waiting: Delivery[] = [];
let held: Socket[] = [];

/**
 * Delivers answers at the end of the event loop's turn: first all of them, one right after the other, then their
 * accounting. A write that wakes a sleeping peer is dear, and those that follow at once find it awake. Without load the
 * turn ends at once, so nobody waits.
 */
export function writeTogether(delivery: Delivery): void {
  if (waiting.push(delivery) + held.length === 1) setImmediate(deliverAll);
}

/** Holds what is written into a response until then, too; its end as a delivery makes one write of both. */
export function holdWrites({ socket }: ServerResponse): void {
  if (!socket || socket.writableCorked > 0) return;
  socket.cork();
  if (held.push(socket) + waiting.length === 1) setImmediate(deliverAll);
}

function deliverAll(): void {
  const deliveries = waiting;
  const sockets = held;
  waiting = [];
  held = [];
  for (const delivery of deliveries) delivery.write();
  for (const socket of sockets) socket.uncork();
  for (const delivery of deliveries) delivery.book();
}
