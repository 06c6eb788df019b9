type Place = { deploymentId: string; lifetimeMs: number; expiresAtMs: number };

const CAPACITY = 20_000;

/**
 * Remembers which deployment answered what, so that what follows goes there too. In this process only, and bounded: the
 * one that was not asked for longest is forgotten first.
 */
export class Affinity {
  private readonly places = new Map<string, Place>();

  constructor(
    /** Monotonic, in milliseconds. */
    private readonly now: () => number,
    private readonly capacity = CAPACITY,
  ) {}

  /** The deployment's id. Being asked for counts as use. */
  find(mark: string): string | undefined {
    const place = this.places.get(mark);
    if (!place) return undefined;
    this.places.delete(mark);
    if (place.expiresAtMs <= this.now()) return undefined;
    this.set(mark, place.deploymentId, place.lifetimeMs);
    return place.deploymentId;
  }

  /** `lifetimeMs`: how long it is remembered without being used. */
  note(mark: string, deploymentId: string, lifetimeMs: number): void {
    this.places.delete(mark);
    this.set(mark, deploymentId, lifetimeMs);
    if (this.places.size <= this.capacity) return;
    for (const oldest of this.places.keys()) {
      this.places.delete(oldest);
      return;
    }
  }

  private set(mark: string, deploymentId: string, lifetimeMs: number): void {
    this.places.set(mark, { deploymentId, lifetimeMs, expiresAtMs: this.now() + lifetimeMs });
  }
}
