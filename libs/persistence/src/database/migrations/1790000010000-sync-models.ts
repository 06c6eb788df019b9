import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the sync with the providers' lists remembers, and every price that a model ever had. */
export class SyncModels1790000010000 implements MigrationInterface {
  readonly name = 'SyncModels1790000010000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE llm_models
        ADD COLUMN price_version integer,
        ADD COLUMN first_listed_at timestamptz,
        ADD COLUMN missing_since timestamptz`);
    // Without a reference to the model: usage that was paid for outlives it.
    await runner.query(`
      CREATE TABLE model_prices (
        model_id text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        pricing jsonb,
        source text,
        valid_from timestamptz NOT NULL,
        PRIMARY KEY (model_id, version)
      )`);
    await runner.query(`
      INSERT INTO model_prices (model_id, version, pricing, source, valid_from)
      SELECT model_id, 1, pricing, field_sources->>'pricing', updated_at FROM llm_models WHERE pricing IS NOT NULL`);
    await runner.query(`UPDATE llm_models SET price_version = 1 WHERE pricing IS NOT NULL`);
    await runner.query(`
      CREATE TABLE model_syncs (
        connection text COLLATE "C" PRIMARY KEY REFERENCES connections (name) ON UPDATE CASCADE ON DELETE CASCADE,
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        error_code text
      )`);
    await runner.query(`ALTER TABLE usage_events ADD COLUMN price_version integer`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE usage_events DROP COLUMN price_version`);
    await runner.query(`DROP TABLE model_syncs, model_prices`);
    await runner.query(`
      ALTER TABLE llm_models DROP COLUMN price_version, DROP COLUMN first_listed_at, DROP COLUMN missing_since`);
  }
}
