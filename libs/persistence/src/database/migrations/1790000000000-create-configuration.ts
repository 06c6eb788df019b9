import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an operator sets up: connections with their credentials, models, aliases, API keys and settings. */
export class CreateConfiguration1790000000000 implements MigrationInterface {
  readonly name = 'CreateConfiguration1790000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE connections (
        id uuid PRIMARY KEY,
        name text COLLATE "C" NOT NULL UNIQUE,
        provider text NOT NULL,
        base_url text,
        enabled boolean NOT NULL,
        allow_private_network boolean NOT NULL,
        options jsonb NOT NULL,
        source text NOT NULL CHECK (source IN ('environment', 'admin')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE credentials (
        id uuid PRIMARY KEY,
        connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
        position integer NOT NULL,
        sealed bytea NOT NULL,
        last4 text NOT NULL,
        UNIQUE (connection_id, position)
      )`);
    await runner.query(`
      CREATE TABLE llm_models (
        model_id text COLLATE "C" PRIMARY KEY,
        connection text COLLATE "C" NOT NULL REFERENCES connections (name) ON UPDATE CASCADE ON DELETE CASCADE,
        provider text NOT NULL,
        upstream_model text NOT NULL,
        dialect text,
        display_name text,
        context_length integer,
        max_output_tokens integer,
        pricing jsonb,
        capabilities jsonb NOT NULL,
        is_available boolean NOT NULL,
        source text NOT NULL CHECK (source IN ('catalog', 'provider', 'admin')),
        field_sources jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX llm_models_connection ON llm_models (connection)`);
    await runner.query(`
      CREATE TABLE aliases (
        name text COLLATE "C" PRIMARY KEY,
        strategy text NOT NULL,
        deployments jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE api_keys (
        id text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('admin', 'member')),
        hash bytea NOT NULL UNIQUE,
        last4 text NOT NULL,
        models jsonb,
        rpm integer,
        tpm integer,
        max_parallel integer,
        budgets jsonb NOT NULL,
        expires_at timestamptz,
        locale text,
        tags jsonb NOT NULL,
        project text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        rotated_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE settings (
        key text COLLATE "C" PRIMARY KEY,
        value jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE settings, api_keys, aliases, llm_models, credentials, connections');
  }
}
