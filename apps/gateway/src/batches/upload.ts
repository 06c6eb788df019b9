import { BATCH_LIMITS, GatewayError, invalidRequest, type FileObject } from '@parley/contracts';
import type { FileStore, NewFile } from '@parley/persistence';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { expiresAfterSchema } from './batch-body.ts';
import { parseRequest } from './list-answer.ts';
import { readForm } from './read-form.ts';

const MAX_FILENAME_CHARS = 255;

const formSchema = z.object({ purpose: z.literal('batch'), expires_after: expiresAfterSchema.optional() });

/**
 * Receives `multipart/form-data` with the field `purpose` and the part `file`, in any order, and stores the file while it
 * arrives. A form that breaks off or proves wrong at its end leaves nothing behind.
 */
export async function receiveFile(request: FastifyRequest, files: FileStore, ownerKeyId: string): Promise<FileObject> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) throw new GatewayError('unsupported_media_type', { values: { type } });
  // The store counts the bytes itself; the form's own limit is one byte above, so that it never cuts a file silently.
  const form = readForm(request.raw, BATCH_LIMITS.maxFileBytes + 1);
  let filename: string | undefined;

  async function* content(): AsyncGenerator<Uint8Array> {
    const file = await form.file;
    if (file && file.field !== 'file') throw invalidRequest(file.field, 'must not be a file');
    if (file) {
      filename = cleanFilename(file.filename);
      yield* file.content;
    }
    await form.end;
  }
  function describe(): NewFile {
    const values = parseRequest(formSchema, { ...form.fields, expires_after: expiresAfter(form.fields) });
    if (filename === undefined) throw invalidRequest('file', 'is missing');
    return { ownerKeyId, filename, expiresAfterS: values.expires_after?.seconds ?? null };
  }
  try {
    return await files.create(content(), describe);
  } catch (error) {
    if (!request.raw.complete && request.raw.destroyed) {
      throw new GatewayError('client_closed_request', {}, { cause: error });
    }
    form.skip();
    throw error;
  }
}

/** The form spells the object as `expires_after[anchor]` and `expires_after[seconds]`. */
function expiresAfter(fields: Record<string, unknown>): unknown {
  const { 'expires_after[anchor]': anchor, 'expires_after[seconds]': seconds } = fields;
  return anchor === undefined && seconds === undefined ? undefined : { anchor, seconds };
}

const cleanFilename = (name: string): string =>
  name.replaceAll('\0', '').toWellFormed().slice(0, MAX_FILENAME_CHARS).toWellFormed() || 'file';
