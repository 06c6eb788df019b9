/** The rules about files that the linter does not know: sizes, names, depth, indexes. Pure: paths and texts in, sentences out. */

export type SourceFile = { path: string; text: string };

const MAX_LINES = 300;
const MAX_DEPTH_BELOW_SRC = 2;
/** Names that say nothing about what is inside, so that everything ends up there. */
const EMPTY_WORDS = new Set('abstract base common core helper helpers manager managers shared util utils'.split(' '));
const EMPTY_TYPE_NAME =
  /^\s*(?:export )?(?:abstract )?(?:class|interface|type) ((?:Base|Abstract)[A-Z]\w*|\w*(?:Manager|Helper|Helpers|Util|Utils|Base))\b/gm;
/** A lib's face, and the one object that each dialect's folder offers. */
const INDEX_HOMES = [/^libs\/[^/]+\/src\/index\.ts$/, /^libs\/dialects\/src\/[^/]+\/index\.ts$/];

/** What breaks the rules of the house, one sentence each. */
export function findProblems(files: SourceFile[]): string[] {
  return files.flatMap((file) => RULES.flatMap((rule) => rule(file).map((problem) => `${file.path}: ${problem}`)));
}

const RULES: ((file: SourceFile) => string[])[] = [
  function staysShort({ text }) {
    const lineCount = text.split('\n').length - 1;
    return lineCount > MAX_LINES ? [`${lineCount} lines, at most ${MAX_LINES}`] : [];
  },

  function hasNoEmptyName({ path, text }) {
    const segments = path.split('/').map((segment) => segment.replace(/(\.spec)?\.[a-z]+$/, ''));
    // "base-url" tells something; "base" alone, or "model-helper", does not.
    const empty = segments.filter((segment) =>
      segment
        .split(/[-.]/)
        .some((word, index, words) => EMPTY_WORDS.has(word) && (word !== 'base' || index === words.length - 1)),
    );
    const types = [...text.matchAll(EMPTY_TYPE_NAME)].map(([, name]) => name);
    return [...empty, ...types].map((name) => `"${name}" is a name without meaning`);
  },

  function staysShallow({ path }) {
    const below = path.split('/src/')[1];
    const depth = below ? below.split('/').length - 1 : 0;
    return depth > MAX_DEPTH_BELOW_SRC ? [`${depth} folders deep below src, at most ${MAX_DEPTH_BELOW_SRC}`] : [];
  },

  function isNoBarrel({ path }) {
    const isIndex = /(^|\/)index\.(ts|mjs)$/.test(path);
    return isIndex && !INDEX_HOMES.some((home) => home.test(path)) ? ["an index outside of a library's face"] : [];
  },

  function readsNoClock({ path, text }) {
    const isPure = path.startsWith('libs/dialects/src/') && !path.endsWith('.spec.ts');
    // Date.now() is the linter's; this form it cannot tell from parsing a date.
    return isPure && /new Date\(\s*\)/.test(text) ? ['reads the clock with new Date()'] : [];
  },
];
