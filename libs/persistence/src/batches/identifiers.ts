import { randomBytes } from 'node:crypto';

const randomPart = (): string => randomBytes(16).toString('hex');

export const newFileId = (): string => `file-${randomPart()}`;
export const newBatchId = (): string => `batch_${randomPart()}`;
export const newResultLineId = (): string => `batch_req_${randomPart()}`;

/** Whether the text could be an id at all: anything else is not worth a query, and Postgres refuses some of it. */
export const isIdentifier = (text: string): boolean => /^[\w-]{1,64}$/.test(text);
