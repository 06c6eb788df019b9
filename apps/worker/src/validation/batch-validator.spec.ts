import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchEndpoint } from '@parley/contracts';
import {
  BatchStore,
  ClosingStore,
  createTestDatabase,
  FileStore,
  ItemStore,
  ValidationStore,
  type TestDatabase,
} from '@parley/persistence';
import { BatchValidator } from './batch-validator.ts';

const OWNER = 'key_owner';
let database: TestDatabase;
let files: FileStore;
let batches: BatchStore;
let validations: ValidationStore;
let validator: BatchValidator;
beforeAll(async () => {
  database = await createTestDatabase();
  files = new FileStore(database.dataSource);
  batches = new BatchStore(database.dataSource);
  validations = new ValidationStore(database.dataSource);
  validator = new BatchValidator(validations, files);
});
afterAll(() => database.drop());

const request = (customId: unknown, more: Record<string, unknown> = {}) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'any', messages: [] },
  ...more,
});
const line = (customId: unknown, more: Record<string, unknown> = {}) => JSON.stringify(request(customId, more));

async function createBatch(
  content: AsyncIterable<Uint8Array>,
  endpoint: BatchEndpoint = '/v1/chat/completions',
): Promise<string> {
  const file = { ownerKeyId: OWNER, filename: 'in.jsonl', expiresAfterS: null };
  const { id } = await files.create(content, () => file);
  const batch = await batches.create({
    ownerKeyId: OWNER,
    inputFileId: id,
    endpoint,
    metadata: null,
    outputExpiresAfterS: null,
  });
  return batch.id;
}

async function* bytesOf(...pieces: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

async function validate(...pieces: (string | Buffer)[]) {
  const id = await createBatch(bytesOf(...pieces));
  await validator.validate(id);
  return batches.get(OWNER, id);
}

const countItems = async (id: string): Promise<number> => {
  const [row]: { count: number }[] = await database.dataSource.query(
    'SELECT count(*)::integer AS count FROM batch_items WHERE batch_id = $1',
    [id],
  );
  return row!.count;
};

describe('an input file', () => {
  it('becomes items; blank lines, CRLF and a missing last newline do no harm', async () => {
    const batch = await validate(`${line('a')}\r\n\r\n  \n${line('ёж 🦔')}\n${line('c')}`);
    expect(batch).toMatchObject({ status: 'in_progress', errors: null, request_counts: { total: 3 } });
    const items = await new ItemStore(database.dataSource).lease(batch.id, 10);
    expect(items.map((item) => [item.line, item.customId])).toEqual([
      [1, 'a'],
      [4, 'ёж 🦔'],
      [5, 'c'],
    ]);
    expect(items[1]!.body).toBe(JSON.stringify(request('x').body));
  });

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  it.each<[string, (string | Buffer)[], { code: string; line: number; param?: string }]>([
    ['a line that is not JSON', [`${line('a')}\n{"custom_id":\n`], { code: 'invalid_json_line', line: 2 }],
    ['a line that is no object', [`${line('a')}\n\n[1]`], { code: 'invalid_json_line', line: 3 }],
    ['deep nesting', [line('a').replace('[]', deep)], { code: 'invalid_json_line', line: 1 }],
    [
      'bytes that are not UTF-8',
      [line('a'), Buffer.from([0x0a, 0x22, 0xff, 0x22])],
      { code: 'invalid_encoding', line: 2 },
    ],
    ['a long line', [line('a', { pad: 'x'.repeat(1024 * 1024) })], { code: 'line_too_long', line: 1 }],
    [
      'a repeated custom_id',
      [`${line('a')}\n${line('a')}`],
      { code: 'duplicate_custom_id', line: 2, param: 'custom_id' },
    ],
    ['no custom_id', [line(undefined)], { code: 'invalid_custom_id', line: 1, param: 'custom_id' }],
    ['a number as custom_id', [line(7)], { code: 'invalid_custom_id', line: 1, param: 'custom_id' }],
    ['a long custom_id', [line('x'.repeat(513))], { code: 'invalid_custom_id', line: 1, param: 'custom_id' }],
    ['U+0000 in a custom_id', [line('a\0')], { code: 'invalid_custom_id', line: 1, param: 'custom_id' }],
    ['half a character in a custom_id', [line('a\ud800')], { code: 'invalid_custom_id', line: 1, param: 'custom_id' }],
    ['another method', [line('a', { method: 'GET' })], { code: 'invalid_method', line: 1, param: 'method' }],
    ['another url', [line('a', { url: '/v1/admin/keys' })], { code: 'invalid_url', line: 1, param: 'url' }],
    ['no body', [line('a', { body: null })], { code: 'missing_required_parameter', line: 1, param: 'body' }],
    ['no model', [line('a', { body: {} })], { code: 'missing_required_parameter', line: 1, param: 'body.model' }],
    ['a repeated key', [line('a').replace('{', '{"url":"/x",')], { code: 'invalid_json_line', line: 1 }],
    ['a repeated model', [line('a').replace('"model"', '"model":"b","model"')], { code: 'invalid_json_line', line: 1 }],
    ['streaming', [line('a', { body: { model: 'b', stream: true } })], { code: 'unsupported_parameter', line: 1 }],
    ['blank lines alone', ['\n \r\n\n'], { code: 'empty_file', line: 1 }],
  ])('is refused for %s, with the line, and nothing of it stays', async (_what, pieces, problem) => {
    const batch = await validate(...pieces);
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data).toHaveLength(1);
    expect(batch.errors?.data[0]).toMatchObject(problem);
    expect(batch.failed_at).not.toBeNull();
    expect(await countItems(batch.id)).toBe(0);
  });

  it('of embeddings may have 50,000 inputs over all of its lines, and no more', async () => {
    const url = '/v1/embeddings';
    const linesOf = (count: number): string =>
      Array.from({ length: count }, (_, index) =>
        line(`e${index}`, { url, body: { model: 'any', input: Array<string>(2000).fill('x') } }),
      ).join('\n');
    const tokens = line('tokens', { url, body: { model: 'any', input: [1, 2, 3] } });
    const full = await createBatch(bytesOf(linesOf(25)), url);
    expect(await validator.validate(full)).toBe('accepted');
    const over = await createBatch(bytesOf(`${linesOf(25)}\n${tokens}`), url);
    expect(await validator.validate(over)).toBe('refused');
    expect((await batches.get(OWNER, over)).errors?.data).toEqual([
      expect.objectContaining({ code: 'too_many_inputs', line: 26, param: 'body.input' }),
    ]);
  });

  it('is refused with all of its problems, up to a hundred', async () => {
    const few = await validate([line('a'), 'no', line('b', { method: 'PUT' }), line('c')].join('\n'));
    expect(few.errors?.data.map((problem) => problem.line)).toEqual([2, 3]);
    const many = await validate('no\n'.repeat(500));
    expect(many.errors?.data).toHaveLength(100);
  });

  it('of 50,000 requests is accepted within 30 s and 150 MiB; one more is too many', async () => {
    const padding = 'x'.repeat(500);
    async function* lines(count: number): AsyncGenerator<Buffer> {
      for (let start = 0; start < count; start += 500) {
        const end = Math.min(start + 500, count);
        const part = Array.from({ length: end - start }, (_, index) => `${line(`n${start + index}`, { padding })}\n`);
        yield Buffer.from(part.join(''));
      }
    }
    const [full, over] = [await createBatch(lines(50_000)), await createBatch(lines(50_001))];
    const rssBefore = process.memoryUsage.rss();
    let rssPeak = rssBefore;
    const sampler = setInterval(() => (rssPeak = Math.max(rssPeak, process.memoryUsage.rss())), 20);
    const startedAt = performance.now();
    await validator.validate(full);
    const tookMs = performance.now() - startedAt;
    clearInterval(sampler);
    const growthMiB = (rssPeak - rssBefore) / 1024 / 1024;
    process.stderr.write(`50,000 lines: ${tookMs.toFixed(0)} ms, RSS +${growthMiB.toFixed(0)} MiB\n`);
    expect(await batches.get(OWNER, full)).toMatchObject({ status: 'in_progress', request_counts: { total: 50_000 } });
    expect(tookMs).toBeLessThan(30_000);
    expect(growthMiB).toBeLessThan(150);
    await validator.validate(over);
    expect(await batches.get(OWNER, over)).toMatchObject({
      status: 'failed',
      errors: { data: [{ code: 'too_many_requests', line: 50_001 }] },
    });
    expect(await countItems(over)).toBe(0);
  }, 60_000);
});

describe('a validation', () => {
  it('is done by one worker, however many hear of it', async () => {
    const id = await createBatch(bytesOf(line('a')));
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => validator.validate(id)));
    expect(verdicts.toSorted()).toEqual(['accepted', ...Array.from({ length: 4 }, () => 'not needed')]);
  });

  it('that died in the middle is started anew by another worker, and its late writes are void', async () => {
    const id = await createBatch(bytesOf(`${line('a')}\n${line('b')}`));
    const dead = (await validations.claim(id))!;
    await validations.append(dead, [{ line: 1, customId: 'a', body: '{}' }]);
    expect(await validator.validate(id)).toBe('not needed');
    await database.dataSource.query(`UPDATE batches SET validation_until = now() - interval '1 s' WHERE id = $1`, [id]);
    expect(await validations.listWaiting()).toContain(id);
    expect(await validator.validate(id)).toBe('accepted');
    await expect(validations.append(dead, [])).rejects.toThrow('');
    await expect(validations.refuse(dead, [])).rejects.toMatchObject({ name: 'ValidationLost' });
    expect(await countItems(id)).toBe(2);
  });

  it('of a batch that is cancelled meanwhile ends it without items or files', async () => {
    const id = await createBatch(bytesOf(line('a')));
    const validation = (await validations.claim(id))!;
    await validations.append(validation, [{ line: 1, customId: 'a', body: '{}' }]);
    await batches.cancel(OWNER, id);
    await expect(validations.accept(validation, 1)).rejects.toMatchObject({ name: 'ValidationLost' });
    expect(await new ClosingStore(database.dataSource).close(id)).toBeDefined();
    expect(await batches.get(OWNER, id)).toMatchObject({
      status: 'cancelled',
      output_file_id: null,
      error_file_id: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
    });
    expect(await countItems(id)).toBe(0);
  });
});
