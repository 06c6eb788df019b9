/** Counts the tokens of a short text. */
export type CountTokens = (text: string) => number;

/**
 * A tokenizer that is loaded in the background when it is first asked for, since it takes about 150 ms and 60 MB and most
 * processes never need it.
 */
export class LazyTokenizer {
  private count: CountTokens | undefined;
  private loading: Promise<void> | undefined;
  private readonly load: () => Promise<CountTokens>;

  constructor(load: () => Promise<CountTokens>) {
    this.load = load;
  }

  /** Undefined until it is there, and for ever where it cannot be loaded. */
  get(): CountTokens | undefined {
    this.loading ??= this.load().then(
      (count) => {
        this.count = count;
      },
      () => {},
    );
    return this.count;
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await this.loading;
  }
}

/** OpenAI's newest encoding, from which those of the other families differ by a factor (`token-factors.ts`). */
export const tokenizer = new LazyTokenizer(async () => {
  const { countTokens, setMergeCacheSize } = await import('gpt-tokenizer/encoding/o200k_base');
  // Its cache would keep pieces of requests alive.
  setMergeCacheSize(0);
  // `<|endoftext|>` in a prompt is text like any other.
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, options);
});
