import type { DataSource } from 'typeorm';
import { queryRows } from '../batches/query.ts';

/** One turn of a conversation, as JSON: what was asked in it, as a list of items, and the response. */
export type StoredResponse = { input: string; response: string };

export type NewResponse = StoredResponse & {
  ownerKeyId: string;
  id: string;
  /** The turn before it, as `readConversation` names it; null: it begins a conversation. */
  previousPosition: string | null;
  /** What gave the response. */
  deploymentId: string;
};

/**
 * The turns up to a response, the oldest first. `isWhole`: none of them is gone. `deploymentId`: what gave the response;
 * null: an earlier release stored it.
 */
export type Conversation = { position: string; turns: StoredResponse[]; isWhole: boolean; deploymentId: string | null };

type Row = StoredResponse & { position: string; previousPosition: string | null; deploymentId: string | null };

const MAX_ID_CHARS = 512;
const DELETED_AT_A_TIME = 1000;

/** The stored answers of the Responses API. Every method is scoped to an owner: a foreign response does not exist. */
export class ResponseStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async insert({ ownerKeyId, id, previousPosition, input, response, deploymentId }: NewResponse): Promise<void> {
    await this.#dataSource.query(
      `INSERT INTO stored_responses (owner_key_id, id, previous_position, input, response, deployment_id)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [ownerKeyId, id, previousPosition, input, response, deploymentId],
    );
  }

  async find(ownerKeyId: string, id: string): Promise<StoredResponse | undefined> {
    if (!isId(id)) return undefined;
    const [row] = await queryRows<StoredResponse>(
      this.#dataSource,
      `SELECT input, response FROM stored_responses
        WHERE owner_key_id = $1 AND id = $2 ORDER BY position DESC LIMIT 1`,
      [ownerKeyId, id],
    );
    return row;
  }

  /** The responses of these ids, as far as they exist, in no order. */
  async findResponses(ownerKeyId: string, ids: readonly string[]): Promise<string[]> {
    const rows = await queryRows<Pick<StoredResponse, 'response'>>(
      this.#dataSource,
      `SELECT DISTINCT ON (id) response FROM stored_responses
        WHERE owner_key_id = $1 AND id = ANY($2) ORDER BY id, position DESC`,
      [ownerKeyId, ids.filter(isId)],
    );
    return rows.map(({ response }) => response);
  }

  /** Undefined: there is no such response. */
  async readConversation(ownerKeyId: string, id: string): Promise<Conversation | undefined> {
    if (!isId(id)) return undefined;
    const rows = await queryRows<Row>(
      this.#dataSource,
      `WITH RECURSIVE conversation AS (
         (SELECT position, previous_position, input, response, deployment_id FROM stored_responses
           WHERE owner_key_id = $1 AND id = $2 ORDER BY position DESC LIMIT 1)
         UNION ALL
         SELECT turn.position, turn.previous_position, turn.input, turn.response, turn.deployment_id
           FROM stored_responses turn JOIN conversation ON turn.position = conversation.previous_position
       )
       SELECT position, previous_position AS "previousPosition", input, response, deployment_id AS "deploymentId"
         FROM conversation ORDER BY position`,
      [ownerKeyId, id],
    );
    const last = rows.at(-1);
    if (!last) return undefined;
    const turns = rows.map(({ input, response }) => ({ input, response }));
    const { position, deploymentId } = last;
    return { position, turns, isWhole: rows[0]!.previousPosition === null, deploymentId };
  }

  /** False: there was no such response. */
  async delete(ownerKeyId: string, id: string): Promise<boolean> {
    if (!isId(id)) return false;
    const rows = await queryRows(
      this.#dataSource,
      'DELETE FROM stored_responses WHERE owner_key_id = $1 AND id = $2 RETURNING position',
      [ownerKeyId, id],
    );
    return rows.length > 0;
  }

  /** Removes what is older, whoever owns it, a little at a time so that no statement holds up others; says how much. */
  async deleteBefore(time: Date): Promise<number> {
    for (let total = 0; ;) {
      const rows = await queryRows(
        this.#dataSource,
        `DELETE FROM stored_responses WHERE position IN
           (SELECT position FROM stored_responses WHERE created_at < $1 ORDER BY created_at LIMIT $2) RETURNING position`,
        [time, DELETED_AT_A_TIME],
      );
      total += rows.length;
      if (rows.length < DELETED_AT_A_TIME) return total;
    }
  }
}

/** Providers make the ids, in many forms. Postgres refuses U+0000. */
const isId = (text: string): boolean => text !== '' && text.length <= MAX_ID_CHARS && !text.includes('\0');
