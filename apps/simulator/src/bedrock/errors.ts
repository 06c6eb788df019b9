import type { IncomingHttpHeaders } from 'node:http';
import { BAD_KEY, type Headers } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

type Shape = { kind: string; message: string };

/** What Bedrock says by status; it knows no 401, 402 and 529. https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
const SHAPES: Record<number, Shape> = {
  400: { kind: 'ValidationException', message: 'The request is not valid.' },
  401: { kind: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' },
  402: { kind: 'AccessDeniedException', message: 'Your account is not authorized to invoke this API operation.' },
  403: { kind: 'AccessDeniedException', message: "You don't have access to the model with the specified model ID." },
  404: { kind: 'ResourceNotFoundException', message: 'The specified resource could not be found.' },
  413: { kind: 'RequestEntityTooLargeException', message: 'The request is too large.' },
  429: { kind: 'ThrottlingException', message: 'Too many requests, please wait before trying again.' },
  500: { kind: 'InternalServerException', message: 'The system encountered an unexpected error.' },
  502: { kind: 'InternalServerException', message: 'The system encountered an unexpected error.' },
  503: { kind: 'ServiceUnavailableException', message: 'Bedrock is unable to process your request.' },
  529: { kind: 'ServiceUnavailableException', message: 'Bedrock is unable to process your request.' },
};
const UNKNOWN: Shape = { kind: 'InternalServerException', message: 'Unexpected error' };

const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[a-z\d-]+\/bedrock\/aws4_request, ?SignedHeaders=[\w;-]+, ?Signature=[\da-f]{64}$/u;

/** A bearer key, or a signature of which the form is checked: whoever knows no secret cannot check more. */
export function authenticate(headers: IncomingHttpHeaders): void {
  const authorization = headers.authorization ?? '';
  if (authorization === '') {
    throw new WireError(403, 'Missing Authentication Token', { code: 'MissingAuthenticationTokenException' });
  }
  const bearer = /^Bearer\s+(\S+)$/iu.exec(authorization)?.[1];
  const accessKeyId = SIGNED.exec(authorization)?.[1];
  if (bearer === undefined && (accessKeyId === undefined || headers['x-amz-date'] === undefined)) {
    const message = `Authorization header requires 'Credential' parameter, 'SignedHeaders' parameter, 'Signature' parameter and an 'X-Amz-Date' header.`;
    throw new WireError(403, message, { code: 'IncompleteSignatureException' });
  }
  if (bearer === BAD_KEY || accessKeyId === BAD_KEY) {
    throw new WireError(403, 'The security token included in the request is invalid.', {
      code: 'UnrecognizedClientException',
    });
  }
}

export function invalid(message: string): WireError {
  return new WireError(400, message);
}

export function writeError(error: WireError): { body: string; headers: Headers } {
  const kind = error.details.code ?? (SHAPES[error.status] ?? UNKNOWN).kind;
  const { retryAfterSeconds } = error.details;
  return {
    body: JSON.stringify({ message: error.message }),
    headers: {
      'x-amzn-errortype': `${kind}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
  };
}

export function describeStatus(status: number): string {
  return (SHAPES[status] ?? UNKNOWN).message;
}

export function describeMissingRoute(): WireError {
  return new WireError(404, 'The operation is unknown.', { code: 'UnknownOperationException' });
}

/** The same words for every name: Bedrock does not repeat it. */
export function describeMissingModel(): WireError {
  return invalid('The provided model identifier is invalid.');
}

export function describeBadJson(): WireError {
  return new WireError(400, 'The request body is not valid JSON', { code: 'SerializationException' });
}
