import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One row for each finished request, partitioned by UTC day. The DEFAULT partition catches what no day partition takes,
 * so an insert never fails for want of a partition. No prompt and no answer is ever stored here.
 */
export class CreateUsage1790000001000 implements MigrationInterface {
  readonly name = 'CreateUsage1790000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE usage_events (
        ts timestamptz NOT NULL,
        id text COLLATE "C" NOT NULL,
        key_id text COLLATE "C",
        project text,
        mode text NOT NULL,
        route text NOT NULL,
        model_id text NOT NULL,
        connection text,
        provider text,
        upstream_model text,
        outcome text NOT NULL,
        status integer,
        error_code text,
        input_tokens integer,
        cached_input_tokens integer,
        cache_write_tokens integer,
        output_tokens integer,
        reasoning_tokens integer,
        estimated boolean NOT NULL,
        cost_nano_usd bigint,
        unpriced boolean NOT NULL,
        attempts jsonb NOT NULL,
        attempt_count integer NOT NULL,
        ttft_ms integer,
        duration_ms integer NOT NULL,
        batch_id text,
        PRIMARY KEY (ts, id)
      ) PARTITION BY RANGE (ts)`);
    await runner.query(`CREATE INDEX usage_events_id ON usage_events (id)`);
    await runner.query(`CREATE INDEX usage_events_key ON usage_events (key_id, ts)`);
    await runner.query(`CREATE TABLE usage_events_default PARTITION OF usage_events DEFAULT`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE usage_events');
  }
}
