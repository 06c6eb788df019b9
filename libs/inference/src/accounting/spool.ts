import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsageRow } from '@parley/persistence';

const SUFFIX = '.jsonl';

/**
 * Usage rows on disk while Postgres is away. One file per write, synced before it counts, deleted when its rows are in
 * Postgres; files of a process that died are replayed by the next one.
 */
export class UsageSpool {
  private files: { name: string; rows: number }[] = [];

  constructor(private readonly directory: string) {}

  get pending(): number {
    return this.files.reduce((sum, file) => sum + file.rows, 0);
  }

  /** Finds what an earlier process left. */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(SUFFIX)).sort();
    this.files = await Promise.all(names.map(async (name) => ({ name, rows: (await this.read(name)).length })));
  }

  async append(rows: UsageRow[]): Promise<void> {
    const name = `${Date.now()}-${randomUUID()}${SUFFIX}`;
    const file = await open(join(this.directory, name), 'wx', 0o600);
    try {
      await file.writeFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    this.files.push({ name, rows: rows.length });
  }

  /** Hands over file by file; a file is deleted only when its rows were taken. */
  async replay(insert: (rows: UsageRow[]) => Promise<void>): Promise<void> {
    while (this.files.length > 0) {
      const { name } = this.files[0]!;
      const rows = await this.read(name);
      if (rows.length > 0) await insert(rows);
      await rm(join(this.directory, name), { force: true });
      this.files.shift();
    }
  }

  /** A last line that was cut by a crash was never counted as kept. */
  private async read(name: string): Promise<UsageRow[]> {
    const lines = (await this.readText(name)).split('\n').filter(Boolean);
    return lines.flatMap((line) => {
      try {
        const row = JSON.parse(line) as UsageRow & { ts: string };
        return [{ ...row, ts: new Date(row.ts) }];
      } catch {
        return [];
      }
    });
  }

  /** Processes share the folder: a file that is gone was replayed by another one. */
  private async readText(name: string): Promise<string> {
    try {
      return await readFile(join(this.directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }
}
