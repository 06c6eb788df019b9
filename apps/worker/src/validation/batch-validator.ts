import { BATCH_LIMITS, type BatchProblem } from '@parley/contracts';
import {
  ValidationLost,
  type FileStore,
  type NewItem,
  type Validation,
  type ValidationStore,
} from '@parley/persistence';
import { checkLine } from './check-line.ts';
import { LineSplitter, type Line } from './line-splitter.ts';

/** Items are stored in groups of at most this many lines and, because a line may have a MiB, about this many characters. */
const GROUP_LINES = 500;
const GROUP_CHARS = 4 * 1024 * 1024;

type Verdict = 'accepted' | 'refused' | 'not needed';

/** Reads the input file of a batch as a stream, and opens the batch for work or refuses it with every problem found. */
export class BatchValidator {
  readonly #validations: ValidationStore;
  readonly #files: Pick<FileStore, 'readChunks'>;

  constructor(validations: ValidationStore, files: Pick<FileStore, 'readChunks'>) {
    this.#validations = validations;
    this.#files = files;
  }

  /** `not needed` when another worker is at it or the batch does not wait for a validation (any more). */
  async validate(batchId: string): Promise<Verdict> {
    const validation = await this.#validations.claim(batchId);
    if (!validation) return 'not needed';
    try {
      return await this.#run(validation);
    } catch (error) {
      if (error instanceof ValidationLost) return 'not needed';
      throw error;
    }
  }

  async #run(validation: Validation): Promise<Verdict> {
    const { endpoint } = validation;
    const seen = new Map<string, number>();
    const problems: BatchProblem[] = [];
    let group: NewItem[] = [];
    let groupLines = 0;
    let groupChars = 0;
    let embeddingInputs = 0;
    for await (const line of readLines(this.#files.readChunks(validation.inputFileId))) {
      const checked = checkLine(line, endpoint);
      if (checked === 'blank') continue;
      if (seen.size === BATCH_LIMITS.maxRequests) {
        problems.push(tooManyRequests(line.number));
        break;
      }
      const problem = 'problem' in checked ? checked.problem : duplicateOf(checked.item, seen);
      if (problem) problems.push(problem);
      else if ('item' in checked) {
        seen.set(checked.item.customId, line.number);
        group.push(checked.item);
        groupChars += checked.item.body.length;
        embeddingInputs += checked.embeddingInputs;
      }
      if (embeddingInputs > BATCH_LIMITS.maxEmbeddingInputs) {
        problems.push(tooManyInputs(line.number));
        break;
      }
      if (problems.length >= BATCH_LIMITS.maxProblems) break;
      groupLines += 1;
      if (groupLines < GROUP_LINES && groupChars < GROUP_CHARS) continue;
      // A batch with a problem stores nothing more, but goes on to show that this validation lives.
      await this.#validations.append(validation, problems.length === 0 ? group : []);
      [group, groupLines, groupChars] = [[], 0, 0];
    }
    if (seen.size === 0 && problems.length === 0) problems.push(EMPTY);
    if (problems.length > 0) {
      await this.#validations.refuse(validation, problems);
      return 'refused';
    }
    await this.#validations.append(validation, group);
    await this.#validations.accept(validation, seen.size);
    return 'accepted';
  }
}

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const splitter = new LineSplitter(BATCH_LIMITS.maxLineBytes);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.end();
}

function duplicateOf({ customId, line }: NewItem, seen: Map<string, number>): BatchProblem | undefined {
  const first = seen.get(customId);
  if (first === undefined) return undefined;
  return {
    code: 'duplicate_custom_id',
    message: `The custom_id "${customId}" is already used by line ${first}.`,
    param: 'custom_id',
    line,
  };
}

const tooManyRequests = (line: number): BatchProblem => ({
  code: 'too_many_requests',
  message: `A batch may have at most ${BATCH_LIMITS.maxRequests} requests.`,
  param: null,
  line,
});

const tooManyInputs = (line: number): BatchProblem => ({
  code: 'too_many_inputs',
  message: `A batch of embeddings may have at most ${BATCH_LIMITS.maxEmbeddingInputs} inputs in all.`,
  param: 'body.input',
  line,
});

const EMPTY: BatchProblem = { code: 'empty_file', message: 'The file has no requests.', param: null, line: 1 };
