import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createNestLogger, Runtime } from '@parley/inference';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import { AppModule } from './app.module.ts';
import { Drain, refuseWhileDraining } from './health/drain.ts';
import { closeInSteps } from './http/close-in-steps.ts';
import { createAdapter, readBodies } from './http/fastify-adapter.ts';
import { observeHttp } from './http/http-metrics.ts';
import { ApiDescription } from './management/api-description.ts';

const EXPOSED_HEADERS = [
  'x-request-id',
  'request-id',
  'retry-after',
  'content-language',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
  ...['model', 'attempts', 'cache', 'losses', 'cost-usd'].map((what) => `x-parley-${what}`),
];
const A_DAY_S = 86_400;

/** Builds the HTTP service on a runtime that is open. */
export async function createGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(runtime),
    createAdapter(runtime.environment),
    {
      bodyParser: false,
      logger: createNestLogger(runtime.logger),
    },
  );
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  closeInSteps(fastify);
  observeHttp(fastify, runtime.metrics);
  refuseWhileDraining(fastify, app.get(Drain));
  const allowed = {
    origin: readOrigins(runtime.environment.CORS_ORIGINS),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: A_DAY_S,
  };
  await fastify.register(cors, {
    // Browsers of other sites may reach the data plane, never the management API. Only browsers send an origin; the
    // others are spared headers that mean nothing to them.
    delegator: ({ headers, url }, done) =>
      done(null, headers.origin !== undefined && isDataPlane(url) ? allowed : { origin: false }),
  });
  // Pages and the management API get the full set of headers; the data plane sets the one that means something there.
  const secure = helmet({
    // Parley itself speaks plain HTTP: whoever puts TLS in front redirects there.
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('request-id', request.id);
    if (isDataPlane(request.url)) done();
    else secure(request.raw, reply.raw, done as (error?: unknown) => void);
  });
  readBodies(fastify);
  app.get(ApiDescription).describe(app);
  return app;
}

const isDataPlane = (url: string): boolean => url.startsWith('/v1/') || url.startsWith('/v1beta/');

const readOrigins = (origins: string): string | string[] =>
  origins.includes(',') ? origins.split(',').map((origin) => origin.trim()) : origins;
