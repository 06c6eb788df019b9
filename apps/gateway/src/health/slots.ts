/**
 * Holds what comes and goes with every request. Not a `Set`: when one that lives long has seen enough entries, V8 makes it a
 * new table, and the old table keeps its entries and refers to the new one. Once one such table is in the old generation,
 * it keeps alive all tables that follow and with them every request, until a full collection: this made the collection of
 * the young generation six times dearer.
 */
export class Slots<T> {
  private readonly items: (T | undefined)[] = [];
  private readonly free: number[] = [];

  /** Gives the way to take the item out again, to be gone once. */
  add(item: T): () => void {
    const slot = this.free.pop() ?? this.items.length;
    this.items[slot] = item;
    return () => {
      this.items[slot] = undefined;
      this.free.push(slot);
    };
  }

  values(): T[] {
    return this.items.filter((item) => item !== undefined);
  }
}
