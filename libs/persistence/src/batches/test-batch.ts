import { randomUUID } from 'node:crypto';
import type { BatchObject, BatchResultLine } from '@parley/contracts';
import type { DataSource } from 'typeorm';
import type { UsageRow } from '../usage/types.ts';
import { BatchStore } from './batch-store.ts';
import { FileStore } from './file-store.ts';
import type { LeasedItem } from './item-store.ts';
import type { ItemResult } from './result-store.ts';
import { ValidationStore, type Validation } from './validation-store.ts';

/** Ready-made rows for the tests of this folder. */
export const OWNER = 'key_owner';

export async function uploadText(dataSource: DataSource, text: string, ownerKeyId = OWNER): Promise<string> {
  async function* content() {
    yield Buffer.from(text);
  }
  const file = { ownerKeyId, filename: 'input.jsonl', expiresAfterS: null };
  return (await new FileStore(dataSource).create(content(), () => file)).id;
}

export async function createBatch(dataSource: DataSource): Promise<BatchObject> {
  return new BatchStore(dataSource).create({
    ownerKeyId: OWNER,
    inputFileId: await uploadText(dataSource, 'lines'),
    endpoint: '/v1/chat/completions',
    metadata: null,
    outputExpiresAfterS: null,
  });
}

/** A batch in progress with the custom ids `item-1` to `item-<items>`. */
export async function createRunningBatch(dataSource: DataSource, items: number): Promise<string> {
  const { id } = await createBatch(dataSource);
  const validations = new ValidationStore(dataSource);
  const validation = await validations.claim(id);
  const lines = Array.from({ length: items }, (_, index) => newItem(index + 1));
  await validations.append(validation as Validation, lines);
  await validations.accept(validation as Validation, items);
  return id;
}

export const newItem = (line: number) => ({ line, customId: `item-${line}`, body: '{}' });

/** A ledger row whose id is the custom id. */
const usageOf = (id: string): UsageRow => ({
  ts: new Date(),
  id,
  keyId: OWNER,
  project: null,
  mode: 'batch',
  route: '/v1/chat/completions',
  modelId: 'any',
  connection: null,
  provider: null,
  upstreamModel: null,
  outcome: 'success',
  status: 200,
  errorCode: null,
  inputTokens: 1,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  outputTokens: 1,
  reasoningTokens: null,
  estimated: false,
  costNanoUsd: 1,
  priceVersion: null,
  unpriced: false,
  attempts: [],
  ttftMs: null,
  durationMs: 1,
  batchId: null,
});

export function resultOf(item: LeasedItem, { ok = true, note = '' } = {}): ItemResult {
  const line: BatchResultLine = {
    id: `batch_req_${randomUUID()}`,
    custom_id: item.customId,
    response: { status_code: ok ? 200 : 400, request_id: 'req_test', body: { note } },
    error: null,
  };
  const { batchId, token, customId } = item;
  return {
    batchId,
    line: item.line,
    token,
    customId,
    ok,
    statusCode: ok ? 200 : 400,
    requestId: 'req_test',
    content: JSON.stringify(line),
    usage: usageOf(item.customId),
  };
}

/** The lines of both files of a batch that has ended. */
export async function readFiles(dataSource: DataSource, batch: BatchObject) {
  const read = async (id: string | null): Promise<BatchResultLine[]> => {
    if (id === null) return [];
    const { file, content } = await new FileStore(dataSource).open(OWNER, id);
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (bytes.length !== file.bytes) throw new Error(`${id} has ${bytes.length} bytes and says ${file.bytes}`);
    return bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as BatchResultLine);
  };
  return { output: await read(batch.output_file_id), error: await read(batch.error_file_id) };
}
