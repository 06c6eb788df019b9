/** What an error body says, whatever its shape. */
export type ErrorParts = {
  message: string | null;
  code: string | null;
  type: string | null;
  /** The request field at fault, in hub notation. */
  param: string | null;
  /** The status that the body itself names. */
  status: number | null;
};

type Fields = Record<string, unknown>;

const NONE: ErrorParts = { message: null, code: null, type: null, param: null, status: null };

/**
 * Reads the shapes that compatible providers use: OpenAI's `error` object; `error` as a string (xAI, Hugging Face) or
 * `errors` as a list (Cloudflare); FastAPI's `detail`, text or list (Mistral, vLLM); bare `message` (Cohere, DeepSeek);
 * a list around it all (Google). OpenRouter hides the words of the provider behind it in `metadata.raw`.
 */
export function readErrorParts(body: unknown): ErrorParts {
  if (typeof body === 'string') return { ...NONE, message: isMarkup(body) ? null : body.trim() || null };
  if (Array.isArray(body)) return body.length > 0 ? readErrorParts(body[0]) : NONE;
  if (!isFields(body)) return NONE;
  const { error, errors } = body;
  const inner = [error, Array.isArray(errors) ? errors[0] : undefined].find(isFields) ?? body;
  const said = wordsOf(inner) ?? text(error);
  return {
    message: joinWords(said, hiddenWords(inner)),
    code: text(inner['code']) ?? text(body['code']) ?? text(body['error_code']),
    type: text(inner['type']) ?? text(body['type']),
    param: hubNotation(text(inner['param'])) ?? paramOf(inner['detail']) ?? paramOf(nested(inner['message'])),
    status: statusIn(inner['code']) ?? statusIn(inner['status']) ?? statusIn(inner['status_code']),
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

const isMarkup = (body: string): boolean => body.trimStart().startsWith('<');

const nested = (message: unknown): unknown => (isFields(message) ? message['detail'] : undefined);

function wordsOf({ message, detail }: Fields): string | null {
  return text(message) ?? describeDetail(nested(message)) ?? describeDetail(detail);
}

/** FastAPI: a text, or a list of `{ loc, msg }`. */
function describeDetail(detail: unknown): string | null {
  if (!Array.isArray(detail)) return text(detail);
  const problems = detail.filter(isFields).flatMap(({ loc, msg }) => {
    const place = placeOf(loc);
    return typeof msg === 'string' ? [place ? `${place}: ${msg}` : msg] : [];
  });
  return problems.length > 0 ? problems.join('; ') : null;
}

const paramOf = (detail: unknown): string | null =>
  Array.isArray(detail) && isFields(detail[0]) ? placeOf(detail[0]['loc']) : null;

/** `["body", "messages", 0, "role"]` */
function placeOf(loc: unknown): string | null {
  if (!Array.isArray(loc)) return null;
  return (loc[0] === 'body' ? loc.slice(1) : loc).join('.') || null;
}

/** `messages[0].role` is `messages.0.role` here. */
const hubNotation = (param: string | null): string | null => param && param.replace(/\[(\d+)\]/g, '.$1');

/** Source: https://openrouter.ai/docs/api-reference/errors */
function hiddenWords({ metadata }: Fields): string | null {
  if (!isFields(metadata)) return null;
  const { raw } = metadata;
  if (typeof raw !== 'string') return isFields(raw) ? readErrorParts(raw).message : null;
  try {
    return readErrorParts(JSON.parse(raw)).message ?? raw;
  } catch {
    return isMarkup(raw) ? null : raw;
  }
}

function joinWords(said: string | null, hidden: string | null): string | null {
  if (!hidden || said?.includes(hidden)) return said;
  return said ? `${said}: ${hidden}` : hidden;
}

function statusIn(value: unknown): number | null {
  const status = typeof value === 'string' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600 ? status : null;
}
