/** Which suites can tell a machine with Redis from one without: those run once more without it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Every suite that looks for the Redis of this machine. */
const LOOKS_FOR_REDIS = /findRedisProgram|redisBinary|PARLEY_TEST_REDIS_URL/;
/** Among the end-to-end suites also each that has to do with the queue at all. */
const SPEAKS_OF_THE_QUEUE = /redis|valkey|queue/i;
const END_TO_END = /^apps\/[^/]+\/test\//;
/** `import x from './y.ts'`, `export * from`, `import './y.ts'` and `import('./y.ts')`. */
const RELATIVE_IMPORT = /(?:from|import)[\s(]*'(\.{1,2}\/[^']+)'/g;

/**
 * Found by what is written in the suites and in the test and tool files that they import. The code under test is not
 * looked at: every gateway and worker has a queue, and what a test gives it decides where that lives.
 * @param {string} root of the repository
 * @returns {string[]} paths from there
 */
export function findQueueSuites(root) {
  const options = { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] };
  const suites = globSync('{apps,libs,tools}/**/*.spec.ts', options);
  return suites.toSorted().filter((suite) => {
    const words = END_TO_END.test(suite) ? SPEAKS_OF_THE_QUEUE : LOOKS_FOR_REDIS;
    return textsOf(root, suite).some((text) => words.test(text));
  });
}

/**
 * The suite's text and those of the files that it imports, directly or not.
 * @param {string} root
 * @param {string} path
 * @param {Set<string>} [seen]
 * @returns {string[]}
 */
function textsOf(root, path, seen = new Set()) {
  const isUnderTest = path.includes('/src/') && !path.endsWith('.spec.ts');
  if (seen.has(path) || isUnderTest || !existsSync(join(root, path))) return [];
  seen.add(path);
  const text = readFileSync(join(root, path), 'utf8');
  const imported = [...text.matchAll(RELATIVE_IMPORT)].map(([, target = '']) => join(dirname(path), target));
  return [text, ...imported.flatMap((file) => textsOf(root, file, seen))];
}
