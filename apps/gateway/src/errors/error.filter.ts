import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { GatewayError } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import { isDatabaseAway } from '@parley/persistence';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowedMethods } from './allowed-methods.ts';
import { errorAnswer } from './error-answer.ts';
import { shapeError } from './error-shape.ts';

/** The one place where an exception becomes an answer. What failed after the headers were sent never gets here. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly runtime: Runtime) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.raw.headersSent) return;
    if (exception instanceof HttpException && exception.getStatus() === 503) {
      // Only the health checks throw it, and what they found is the answer.
      void reply.status(503).header('retry-after', '1').send(exception.getResponse());
      return;
    }
    const error = toGatewayError(exception, request, this.runtime.environment.BODY_LIMIT_MIB);
    if (error.code === 'internal_error') {
      this.runtime.logger.error(
        { err: exception, request_id: request.id, route: request.routeOptions.url },
        'internal error',
      );
    }
    // Nobody is there to read it.
    if (reply.raw.destroyed) return;
    const { status, headers, body } = errorAnswer(error, request, this.runtime.environment.DEFAULT_LOCALE);
    // RFC 9110 15.5.6 asks for it.
    if (status === 405) headers.allow = allowedMethods(request).join(', ');
    void reply
      .status(status)
      .headers(headers)
      .send(shapeError(request.url, body, status));
  }
}

type FastifyFailure = Error & { code?: string; statusCode?: number };

function toGatewayError(exception: unknown, request: FastifyRequest, bodyLimitMib: number): GatewayError {
  if (exception instanceof GatewayError) return exception;
  const { code = '', statusCode } = exception as FastifyFailure;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new GatewayError('request_too_large', { values: { limit: `${bodyLimitMib} MiB` } });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new GatewayError('unsupported_media_type', { values: { type: request.headers['content-type'] ?? '' } });
  }
  if (code.startsWith('FST_ERR_CTP_') || exception instanceof SyntaxError) return new GatewayError('invalid_json');
  if (exception instanceof HttpException) return fromHttpException(exception, request);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new GatewayError('invalid_json');
  if (isDatabaseAway(exception)) {
    return new GatewayError('dependency_unavailable', { values: { dependency: 'postgres' } }, { cause: exception });
  }
  return new GatewayError('internal_error', {}, { cause: exception });
}

function fromHttpException(exception: HttpException, request: FastifyRequest): GatewayError {
  const values = { method: request.method, path: request.url.split('?')[0] ?? '' };
  switch (exception.getStatus()) {
    case 404:
      if (request.routeOptions.url !== undefined) return new GatewayError('not_found', { values });
      return new GatewayError(allowedMethods(request).length > 0 ? 'method_not_allowed' : 'unknown_route', { values });
    case 413:
      return new GatewayError('request_too_large');
    case 415:
      return new GatewayError('unsupported_media_type', { values: { type: request.headers['content-type'] ?? '' } });
    case 400:
      return new GatewayError('invalid_json', {}, { cause: exception });
    default:
      return new GatewayError('internal_error', {}, { cause: exception });
  }
}
