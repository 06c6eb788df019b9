import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Responses that callers can go on from: one row for each turn, with its own input only. Bodies are text: they come back
 * byte for byte, and nothing looks inside. Ids are those of the answers, which providers give, so that they are not
 * unique; the position is, and it only grows, so that no conversation can lead back into itself.
 */
export class StoreResponses1790000020000 implements MigrationInterface {
  readonly name = 'StoreResponses1790000020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE stored_responses (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        owner_key_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        previous_position bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        input text NOT NULL,
        response text NOT NULL
      )`);
    await runner.query('CREATE INDEX stored_responses_owner ON stored_responses (owner_key_id, id, position)');
    await runner.query('CREATE INDEX stored_responses_age ON stored_responses (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE stored_responses');
  }
}
