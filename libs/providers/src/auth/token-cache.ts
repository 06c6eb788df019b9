/** A token of limited life. */
export type Token = {
  text: string;
  /** From when it is worth nothing, in milliseconds since 1970. */
  expiresAtMs: number;
};

/** Asks the issuer for a new token. The signal tells that nobody waits for it any more. */
export type FetchToken = (signal: AbortSignal) => Promise<Token>;

type Remembered = Token & { renewAtMs: number };
type Flight = { token: Promise<string>; waiting: number; abort: AbortController };

/** How long before its end a token is renewed: less than the five minutes for which cloud metadata servers give the same one again. */
const RENEWAL_MARGIN_MS = 120_000;
const MAX_TOKENS = 1000;

/**
 * Tokens by the credential that they were fetched for. They outlive a change of the configuration, and however many calls
 * wait for one, it is fetched once. A fetch that all have left is aborted; a failure is told to those who wait and not
 * remembered.
 */
export class TokenCache {
  private readonly tokens = new Map<string, Remembered>();
  private readonly flights = new Map<string, Flight>();

  constructor(private readonly maxTokens = MAX_TOKENS) {}

  /** Rejects with what `fetchToken` fails with, or with the signal's reason. */
  async get(key: string, nowMs: number, fetchToken: FetchToken, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const known = this.tokens.get(key);
    if (known && nowMs < known.renewAtMs) return known.text;
    const flight = this.flights.get(key) ?? this.fetch(key, nowMs, fetchToken);
    try {
      return await this.wait(key, flight, signal);
    } catch (error) {
      // An issuer that is away for a moment harms nobody while the old token holds.
      if (known && nowMs < known.expiresAtMs && !signal.aborted) return known.text;
      throw error;
    }
  }

  private fetch(key: string, nowMs: number, fetchToken: FetchToken): Flight {
    const abort = new AbortController();
    const token = this.land(key, nowMs, fetchToken, abort);
    const flight: Flight = { token, waiting: 0, abort };
    this.flights.set(key, flight);
    return flight;
  }

  private async land(key: string, nowMs: number, fetchToken: FetchToken, abort: AbortController): Promise<string> {
    try {
      // Whatever fails at once fails a moment later, when the flight is known.
      const token = await (async () => fetchToken(abort.signal))();
      if (!abort.signal.aborted) this.remember(key, token, nowMs);
      return token.text;
    } finally {
      // Whoever aborted it has made room for the next one already.
      if (!abort.signal.aborted) this.flights.delete(key);
    }
  }

  private remember(key: string, token: Token, nowMs: number): void {
    const lifeMs = token.expiresAtMs - nowMs;
    const renewAtMs = token.expiresAtMs - Math.min(RENEWAL_MARGIN_MS, lifeMs / 4);
    this.tokens.delete(key);
    this.tokens.set(key, { ...token, renewAtMs });
    if (this.tokens.size > this.maxTokens) this.tokens.delete(this.tokens.keys().next().value!);
  }

  private wait(key: string, flight: Flight, signal: AbortSignal): Promise<string> {
    flight.waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        flight.waiting -= 1;
        if (flight.waiting > 0) return;
        if (this.flights.get(key) === flight) this.flights.delete(key);
        flight.abort.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.token.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
