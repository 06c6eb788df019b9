import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GatewayError, invalidRequest, type Environment } from '@parley/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createRequestIds } from '@parley/inference';
import { errorAnswer } from '../errors/error-answer.ts';

const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** From the first byte of a request to its last: uploads are large, half-sent requests do not live for ever. */
const REQUEST_TIMEOUT_MS = 300_000;
const MAX_PARAM_CHARS = 512;

const UPLOAD_ROUTE = '/v1/files';
/** Routes whose body is kept as bytes: they are relayed, and parsed by their door. */
const RAW_ROUTES: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1beta/*',
  '/v1/models/*',
]);

export function createAdapter(environment: Environment): FastifyAdapter {
  const { BODY_LIMIT_MIB, TRUSTED_PROXIES } = environment;
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_MIB * 1024 * 1024,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    trustProxy: TRUSTED_PROXIES ? TRUSTED_PROXIES.split(',').map((range) => range.trim()) : false,
    routerOptions: { maxParamLength: MAX_PARAM_CHARS },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      refusePath(error, request, reply, environment),
    genReqId: createRequestIds(),
    logger: false,
  });
}

/** What the router cannot read never reaches a filter. Its own words would tell the whole URL. */
function refusePath(
  { code }: Error & { code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
  { DEFAULT_LOCALE }: Environment,
): void {
  const error = invalidRequest(
    'path',
    code === 'FST_ERR_BAD_URL' ? 'is not encoded well' : 'has a part that is too long',
  );
  const { status, headers, body } = errorAnswer(error, request, DEFAULT_LOCALE);
  void reply.status(status).headers(headers).send(body);
}

/** JSON as bytes for the doors, parsed for everything else. A body that is not there is no error of its own. */
export function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (RAW_ROUTES.has(request.routeOptions.url ?? '')) done(null, body);
    else if (body.length === 0) done(null, undefined);
    else void parse(request, body.toString(), done);
  });
  // A form is read by its route, piece by piece.
  fastify.addContentTypeParser('multipart/form-data', (request, body, done) => {
    const type = request.headers['content-type'] ?? '';
    const { url } = request.routeOptions;
    // What leads nowhere gets told so, whatever it brings.
    if (url === UPLOAD_ROUTE || url === undefined) done(null, body);
    else done(new GatewayError('unsupported_media_type', { values: { type } }));
  });
}
