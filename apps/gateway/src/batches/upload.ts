import { BATCH_LIMITS, GatewayError, invalidRequest, type FileObject } from '@parley/contracts';
import type { FileStore, NewFile } from '@parley/persistence';
import '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { expiresAfterSchema } from './batch-body.ts';
import { parseRequest } from './list-answer.ts';

const MAX_FILENAME_CHARS = 255;

const formSchema = z.object({ purpose: z.literal('batch'), expires_after: expiresAfterSchema.optional() });

/**
 * Receives `multipart/form-data` with the field `purpose` and the part `file`, in any order, and stores the file while it
 * arrives. A form that breaks off or proves wrong at its end leaves nothing behind.
 */
export async function receiveFile(request: FastifyRequest, files: FileStore, ownerKeyId: string): Promise<FileObject> {
  if (!request.isMultipart())
    throw new GatewayError('unsupported_media_type', { values: { type: request.headers['content-type'] ?? '' } });
  const fields: Record<string, unknown> = {};
  let filename: string | undefined;
  // The store counts the bytes itself; the form's own limit is one byte above, so that it never cuts a file silently.
  const limits = { fileSize: BATCH_LIMITS.maxFileBytes + 1, fieldSize: 1024, fields: 10, files: 1 };

  async function* readForm(): AsyncGenerator<Uint8Array> {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') fields[part.fieldname] = part.value;
      else if (part.fieldname !== 'file') throw invalidRequest(part.fieldname, 'must not be a file');
      else {
        filename = cleanFilename(part.filename);
        yield* part.file;
      }
    }
  }
  function describe(): NewFile {
    const form = parseRequest(formSchema, { ...fields, expires_after: expiresAfter(fields) });
    if (filename === undefined) throw invalidRequest('file', 'is missing');
    return { ownerKeyId, filename, expiresAfterS: form.expires_after?.seconds ?? null };
  }
  try {
    return await files.create(readForm(), describe);
  } catch (error) {
    if (!request.raw.complete && request.raw.destroyed) {
      throw new GatewayError('client_closed_request', {}, { cause: error });
    }
    throw isFormError(error) ? new GatewayError('invalid_request', formProblem(error), { cause: error }) : error;
  }
}

/** The form spells the object as `expires_after[anchor]` and `expires_after[seconds]`. */
function expiresAfter(fields: Record<string, unknown>): unknown {
  const { 'expires_after[anchor]': anchor, 'expires_after[seconds]': seconds } = fields;
  return anchor === undefined && seconds === undefined ? undefined : { anchor, seconds };
}

const cleanFilename = (name: string): string =>
  name.replaceAll('\0', '').toWellFormed().slice(0, MAX_FILENAME_CHARS).toWellFormed() || 'file';

/** The form parser's own refusals carry the status they should have. */
const isFormError = (error: unknown): error is Error & { statusCode: number } =>
  error instanceof Error &&
  !(error instanceof GatewayError) &&
  'statusCode' in error &&
  typeof error.statusCode === 'number' &&
  error.statusCode < 500;

const formProblem = (error: Error) => ({ param: 'body', values: { param: 'body', problem: error.message } });
