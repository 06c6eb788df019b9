import { createAsk, type Ask } from '../ask.ts';
import type { Answer } from '../answer.ts';
import { embed } from '../embedding.ts';
import { type JsonObject, stringOf } from '../json.ts';
import type { Route } from '../vendor.ts';
import { checkNumber, FIELDS, invalid, readList, readMessage } from './fields.ts';

const BATCH_FIELDS = new Set(['model', 'requests']);
const REQUEST_FIELDS = new Set(['model', 'content', 'taskType', 'title', 'outputDimensionality', 'embedContentConfig']);
const MAX_REQUESTS = 100;
const USUAL_SIZE = 3072;

type OneRequest = { text: string; dimensions: number | null };

/** Reads `batchEmbedContents` and `embedContent` as strictly as Google does. https://ai.google.dev/api/embeddings */
export function readEmbeddings(body: JsonObject, route: Route & { kind: 'generate' }): Ask {
  const isSingle = route.embeds === 'one';
  const requests = isSingle ? [readOne(body, '')] : readBatch(body, route.model ?? '');
  const ask = createAsk('gemini', route.model ?? '', false);
  ask.embedding = {
    inputs: requests.map(({ text }) => text),
    dimensions: requests[0]?.dimensions ?? null,
    encoding: 'float',
    isSingle,
  };
  ask.lastUserText = ask.embedding.inputs.join('\n');
  ask.promptCharacters = requests.reduce((sum, { text }) => sum + text.length, 0);
  return ask;
}

function readBatch(body: JsonObject, model: string): OneRequest[] {
  const requests = readList(readMessage(body, BATCH_FIELDS, '').requests, 'requests');
  if (requests.length > MAX_REQUESTS) {
    throw invalid(`* BatchEmbedContentsRequest.requests: at most ${MAX_REQUESTS} requests can be in one batch`);
  }
  return requests.map((request, index) => {
    const path = `requests[${index}]`;
    const named = stringOf(readMessage(request, REQUEST_FIELDS, path).model);
    if (named !== `models/${model}`) {
      throw invalid(`* BatchEmbedContentsRequest.${path}.model: must be models/${model}, as in the address`);
    }
    return readOne(request, path);
  });
}

function readOne(value: unknown, path: string): OneRequest {
  const request = readMessage(value, REQUEST_FIELDS, path);
  const content = readMessage(request.content, FIELDS.content, `${path}.content`);
  const parts = readList(content.parts, `${path}.content.parts`);
  const text = parts.map((part) => stringOf(readMessage(part, FIELDS.part, `${path}.content.parts`).text)).join('');
  if (text === '') throw invalid('* EmbedContentRequest.content: content is empty');
  const { outputDimensionality: dimensions } = request;
  checkNumber(dimensions, `${path}.output_dimensionality`, 'TYPE_INT32');
  if (dimensions !== undefined && (Number(dimensions) < 1 || Number(dimensions) > USUAL_SIZE)) {
    throw invalid(`* EmbedContentRequest.output_dimensionality: must be from 1 to ${USUAL_SIZE}`);
  }
  return { text, dimensions: dimensions === undefined ? null : Number(dimensions) };
}

/** Google leaves shortened vectors as they are. */
export function writeEmbeddings({ embedding }: Ask, { usage }: Answer): string {
  const embeddings = embedding!.inputs.map((text) => ({ values: embed(text, USUAL_SIZE, embedding!, false) }));
  const usageMetadata = usage && {
    promptTokenCount: usage.input,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
  };
  return JSON.stringify({
    ...(embedding!.isSingle ? { embedding: embeddings[0] } : { embeddings }),
    ...(usageMetadata && { usageMetadata }),
  });
}
