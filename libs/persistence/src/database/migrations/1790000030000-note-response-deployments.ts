import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What gave a stored response: what goes on from it goes there too. Null in rows of earlier releases. */
export class NoteResponseDeployments1790000030000 implements MigrationInterface {
  readonly name = 'NoteResponseDeployments1790000030000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE stored_responses ADD COLUMN deployment_id text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE stored_responses DROP COLUMN deployment_id');
  }
}
