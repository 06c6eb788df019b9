import { Busboy, type BusboyConfig, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { invalidRequest } from '@parley/contracts';
import { pipeline } from 'node:stream';
import type { IncomingMessage } from 'node:http';

/** A form with one file at most. `file` resolves when the file begins, `end` when the form was whole and in order. */
export type Form = {
  /** Filled while the form is read. */
  fields: Record<string, string>;
  file: Promise<FormFile | undefined>;
  end: Promise<void>;
  /** Reads over what is left, so that the connection can be used for the answer. */
  skip(): void;
};

export type FormFile = { field: string; filename: string; content: BusboyFileStream };

const MAX_FIELD_BYTES = 1024;
const MAX_FIELDS = 10;

/**
 * Reads `multipart/form-data` from a request. Both promises reject with `invalid_request` for a form that is wrong, and with
 * the socket's error when it breaks off; the file's content ends then as well.
 */
export function readForm(request: IncomingMessage, maxFileBytes: number): Form {
  const fields: Record<string, string> = {};
  const file = Promise.withResolvers<FormFile | undefined>();
  const end = Promise.withResolvers<void>();
  let content: BusboyFileStream | undefined;
  const fail = (error: unknown): void => {
    file.reject(error);
    end.reject(error);
    content?.destroy(error as Error);
  };
  // Whoever waits for one of them hears of it; the other must not become an unhandled rejection.
  file.promise.catch(() => undefined);
  end.promise.catch(() => undefined);
  const limits = { fileSize: maxFileBytes, fieldSize: MAX_FIELD_BYTES, fields: MAX_FIELDS, files: 1 };
  const parser = openParser(request.headers as BusboyConfig['headers'], limits);
  parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
    if (valueTruncated) fail(invalidRequest(name, `must not be longer than ${MAX_FIELD_BYTES} bytes`));
    else fields[name] = value;
  });
  parser.on('file', (field, stream, filename) => {
    content = stream;
    stream.on('error', () => undefined);
    file.resolve({ field, filename: filename ?? '', content: stream });
  });
  parser.on('filesLimit', () => fail(invalidRequest('body', 'must hold one file only')));
  parser.on('fieldsLimit', () => fail(invalidRequest('body', `must hold at most ${MAX_FIELDS} fields`)));
  pipeline(request, parser, (error) => {
    if (!error) return finish();
    fail(request.complete ? invalidRequest('body', `is no readable form: ${error.message}`) : error);
  });
  function finish(): void {
    file.resolve(undefined);
    end.resolve();
  }
  const skip = (): void => {
    request.unpipe(parser);
    request.resume();
  };
  return { fields, file: file.promise, end: end.promise, skip };
}

function openParser(headers: BusboyConfig['headers'], limits: NonNullable<BusboyConfig['limits']>): BusboyInstance {
  try {
    return new Busboy({ headers, limits });
  } catch (error) {
    throw invalidRequest('body', `is no readable form: ${(error as Error).message}`);
  }
}
