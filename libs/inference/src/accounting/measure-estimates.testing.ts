import { countSample, sampleTexts } from './text-sample.ts';
import { tokenizer } from './tokenizer.ts';

/**
 * Run by Node itself, as Jest's own contexts slow a tokenizer down several times. Prints the milliseconds of its
 * thread's CPU time that one estimate takes for each kind of hostile text, the best of several: other processes share the
 * machine.
 */
const CHARS = 1024 * 1024;
const RUNS = 8;

const fill = (codePointAt: (index: number) => number): string =>
  Array.from({ length: CHARS }, (_, index) => String.fromCodePoint(codePointAt(index))).join('');

const TEXTS: Record<string, string> = {
  'one letter': 'a'.repeat(CHARS),
  'white space': ' '.repeat(CHARS),
  'Chinese without a stop': fill((index) => 0x4e00 + ((index * 7919) % 20_000)),
  'characters from all of Unicode': fill((index) => (index * 104_729) % 0xd800),
  'pairs of surrogates': fill((index) => 0x10000 + ((index * 7919) % 0xfffff)),
  'halves of pairs': '\ud800'.repeat(CHARS),
  'joined emoji': '👩‍👩‍👧‍👦'.repeat(CHARS / 11),
};

tokenizer.get();
await tokenizer.settled();
const count = tokenizer.get();

function measure(text: string): number {
  const startedAt = process.threadCpuUsage();
  countSample(sampleTexts([text]), count);
  const { user, system } = process.threadCpuUsage(startedAt);
  return (user + system) / 1000;
}

const best = Object.entries(TEXTS).map(([what, text]) => {
  const runs = Array.from({ length: RUNS }, () => measure(text));
  return [what, Math.min(...runs)];
});
process.stdout.write(JSON.stringify({ isLoaded: count !== undefined, best }));
