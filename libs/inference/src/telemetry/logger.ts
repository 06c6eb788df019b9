import { pino, stdSerializers, type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** Everything by which a key travels: in headers of callers and providers, and in bodies of the management API. */
const SECRET_NAMES = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'api_key', 'apiKey', 'api_keys'];
/** Where objects that have them would stand in a line. Wildcards would do, and cost more than the rest of a line. */
const PLACES = ['', 'headers', 'body', 'req.headers', 'request.headers', 'request.body', 'response.headers'];

/**
 * The log of one process: JSON lines. Nothing secret is meant to be logged in the first place; what would be under one of
 * the usual names is hidden all the same, and of errors only what helps to find their cause is written, not what a library
 * hung on them (a query's parameters, a request's headers).
 */
export function createLogger(
  app: 'gateway' | 'worker',
  level: LoggerOptions['level'],
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    ...(level !== undefined && { level }),
    base: { app },
    redact: {
      paths: PLACES.flatMap((place) => SECRET_NAMES.map((name) => `${place}["${name}"]`)),
      censor: '[hidden]',
    },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

function describeError(value: unknown): unknown {
  if (!(value instanceof Error)) return String(value);
  // The library's own serializer joins the messages and stacks of the causes.
  const { type, message, stack } = stdSerializers.err(value);
  const { code } = value as { code?: unknown };
  return { type, message, stack, ...((typeof code === 'string' || typeof code === 'number') && { code }) };
}
