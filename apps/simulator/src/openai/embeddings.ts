import { createAsk, type Ask } from '../ask.ts';
import type { Answer } from '../answer.ts';
import { embed } from '../embedding.ts';
import { type JsonObject, stringOf } from '../json.ts';
import { invalid, wrongType } from './fields.ts';

const FIELDS = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']);
const MAX_INPUTS = 2048;
const USUAL_SIZE = 1536;
/** A token stands for four characters. */
const TOKEN_CHARACTERS = 4;

/** Reads a request for embeddings as strictly as OpenAI does. https://platform.openai.com/docs/api-reference/embeddings/create */
export function readEmbeddings(body: JsonObject): Ask {
  for (const name of Object.keys(body)) {
    if (!FIELDS.has(name)) throw invalid(`Unrecognized request argument supplied: ${name}`);
  }
  if (typeof body.model !== 'string') throw invalid('you must provide a model parameter');
  const { encoding_format: encoding = 'float', dimensions = null } = body;
  if (encoding !== 'float' && encoding !== 'base64') {
    throw invalid(`Invalid value for 'encoding_format': '${stringOf(encoding)}'.`, 'encoding_format');
  }
  if (dimensions !== null && !Number.isInteger(dimensions)) throw wrongType('dimensions', 'an integer', dimensions);
  if (dimensions !== null && Number(dimensions) < 1) {
    throw invalid(`${Number(dimensions)} is less than the minimum of 1 - 'dimensions'`);
  }
  if (Number(dimensions) > USUAL_SIZE) throw invalid(`Invalid value for 'dimensions': at most ${USUAL_SIZE}.`);
  const inputs = readInputs(body.input);
  const ask = createAsk('openai', body.model, false);
  ask.embedding = {
    inputs: inputs.map(String),
    dimensions: dimensions === null ? null : Number(dimensions),
    encoding,
    isSingle: false,
  };
  ask.lastUserText = ask.embedding.inputs.join('\n');
  ask.promptCharacters = inputs.reduce((sum, input) => sum + charactersOf(input), 0);
  return ask;
}

const charactersOf = (input: string | number[]): number =>
  typeof input === 'string' ? input.length : input.length * TOKEN_CHARACTERS;

function readInputs(input: unknown): (string | number[])[] {
  if (isText(input)) return [input];
  if (isTokens(input)) return [input];
  if (Array.isArray(input) && input.length > 0 && (input.every(isText) || input.every(isTokens))) {
    if (input.length > MAX_INPUTS) throw invalid(`'$.input' is too long: at most ${MAX_INPUTS} inputs.`);
    return input as (string | number[])[];
  }
  throw invalid(
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
  );
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token) && Number(token) >= 0);

export function writeEmbeddings(ask: Ask, { usage }: Answer): string {
  const { embedding, model } = ask;
  const data = embedding!.inputs.map((text, index) => {
    const vector = embed(text, USUAL_SIZE, embedding!, true);
    return { object: 'embedding', index, embedding: embedding!.encoding === 'float' ? vector : pack(vector) };
  });
  return JSON.stringify({
    object: 'list',
    data,
    model,
    ...(usage && { usage: { prompt_tokens: usage.input, total_tokens: usage.input } }),
  });
}

/** Little-endian 32-bit floats. */
function pack(vector: number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [index, value] of vector.entries()) view.setFloat32(index * 4, value, true);
  return Buffer.from(view.buffer).toString('base64');
}
