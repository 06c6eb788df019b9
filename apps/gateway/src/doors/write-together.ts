/** An answer that is ready: `write` sends it, `book` closes its books afterwards. */
type Delivery = { write(): void; book(): void };

let waiting: Delivery[] = [];

/**
 * Delivers answers at the end of the event loop's turn: first all of them, one right after the other, then their
 * accounting. A write that wakes a sleeping peer is dear, and those that follow at once find it awake. Without load the
 * turn ends at once, so nobody waits.
 */
export function writeTogether(delivery: Delivery): void {
  waiting.push(delivery);
  if (waiting.length === 1) setImmediate(deliverAll);
}

function deliverAll(): void {
  const deliveries = waiting;
  waiting = [];
  for (const delivery of deliveries) delivery.write();
  for (const delivery of deliveries) delivery.book();
}
