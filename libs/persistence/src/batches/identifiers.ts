import { randomBytes } from 'node:crypto';

const randomPart = (): string => randomBytes(16).toString('hex');

export const newFileId = (): string => `file-${randomPart()}`;
export const newBatchId = (): string => `batch_${randomPart()}`;
export const newResultLineId = (): string => `batch_req_${randomPart()}`;
