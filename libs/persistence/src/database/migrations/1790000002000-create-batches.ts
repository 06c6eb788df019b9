import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files, batches, their items and results. What callers sent us as JSON is kept as `json`, not `jsonb`: it comes back in
 * the order it had, and `jsonb` refuses strings with U+0000.
 */
export class CreateBatches1790000002000 implements MigrationInterface {
  readonly name = 'CreateBatches1790000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE files (
        id text COLLATE "C" PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        owner_key_id text COLLATE "C" NOT NULL,
        filename text NOT NULL,
        purpose text NOT NULL CHECK (purpose IN ('batch', 'batch_output')),
        bytes bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        uploaded_at timestamptz,
        expires_at timestamptz,
        batch_id text COLLATE "C",
        kind text CHECK (kind IN ('output', 'error'))
      )`);
    await runner.query('CREATE INDEX files_owner ON files (owner_key_id, position)');
    await runner.query('CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL');
    await runner.query('CREATE INDEX files_unfinished ON files (created_at) WHERE uploaded_at IS NULL');
    await runner.query(`
      CREATE TABLE file_chunks (
        file_id text COLLATE "C" NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        sequence integer NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (file_id, sequence)
      )`);
    await runner.query(`
      CREATE TABLE batches (
        id text COLLATE "C" PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        owner_key_id text COLLATE "C" NOT NULL,
        endpoint text NOT NULL,
        input_file_id text COLLATE "C" NOT NULL,
        completion_window text NOT NULL,
        output_expires_after_s integer,
        metadata json,
        status text NOT NULL DEFAULT 'validating' CHECK (status IN ('validating', 'failed', 'in_progress', 'finalizing',
          'completed', 'expired', 'cancelling', 'cancelled')),
        errors json,
        output_file_id text COLLATE "C",
        error_file_id text COLLATE "C",
        total integer NOT NULL DEFAULT 0,
        completed integer NOT NULL DEFAULT 0,
        failed integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        in_progress_at timestamptz,
        finalizing_at timestamptz,
        completed_at timestamptz,
        failed_at timestamptz,
        expired_at timestamptz,
        cancelling_at timestamptz,
        cancelled_at timestamptz,
        validation_token uuid,
        validation_until timestamptz,
        CHECK (completed + failed <= total)
      )`);
    await runner.query('CREATE INDEX batches_owner ON batches (owner_key_id, position)');
    await runner.query('CREATE INDEX batches_input_file ON batches (input_file_id)');
    await runner.query(`
      CREATE INDEX batches_live ON batches (status, position)
      WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling')`);
    await this.createItems(runner);
  }

  private async createItems(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE batch_items (
        batch_id text COLLATE "C" NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
        line integer NOT NULL,
        custom_id text COLLATE "C" NOT NULL,
        body text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'leased', 'done')),
        attempts integer NOT NULL DEFAULT 0,
        lost_leases integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        lease_token uuid,
        lease_until timestamptz,
        PRIMARY KEY (batch_id, line),
        UNIQUE (batch_id, custom_id)
      )`);
    await runner.query(`CREATE INDEX batch_items_pending ON batch_items (batch_id, line) WHERE state = 'pending'`);
    await runner.query(`CREATE INDEX batch_items_leased ON batch_items (lease_until) WHERE state = 'leased'`);
    await runner.query(
      `CREATE INDEX batch_items_lost ON batch_items (batch_id, lost_leases) WHERE state = 'pending' AND lost_leases > 0`,
    );
    await runner.query(`
      CREATE TABLE batch_results (
        batch_id text COLLATE "C" NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
        custom_id text COLLATE "C" NOT NULL,
        line integer NOT NULL,
        ok boolean NOT NULL,
        status_code integer,
        request_id text,
        content text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (batch_id, custom_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX batch_results_in_order ON batch_results (batch_id, ok, line)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE batch_results, batch_items, batches, file_chunks, files');
  }
}
