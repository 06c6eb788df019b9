import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/**
 * Puts streamed argument pieces in their place. Vertex sends them (`$.foo.bar[0]` with a value, strings in several
 * pieces) when a model streams the arguments of a call:
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
export function applyPartialArgs(args: JsonObject, pieces: unknown): void {
  for (const piece of objectsIn(pieces)) {
    const path = readPath(piece['jsonPath']);
    const value = readValue(piece);
    if (path.length > 0 && value !== undefined) place(args, path, value);
  }
}

/** Arguments under construction: no prototype, so that a key such as `__proto__` is a key like any other. */
export function emptyArgs(): JsonObject {
  return Object.create(null) as JsonObject;
}

type Key = string | number;

function readPath(path: unknown): Key[] {
  if (typeof path !== 'string') return [];
  const segments = path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g);
  return Array.from(segments, ([, name, index, single, double]) =>
    index === undefined ? (name ?? single ?? double ?? '') : Number(index),
  );
}

function readValue(piece: JsonObject): string | number | boolean | null | undefined {
  if (typeof piece['stringValue'] === 'string') return piece['stringValue'];
  if (typeof piece['numberValue'] === 'number') return piece['numberValue'];
  if (typeof piece['boolValue'] === 'boolean') return piece['boolValue'];
  return 'nullValue' in piece ? null : undefined;
}

function place(args: JsonObject, path: Key[], value: string | number | boolean | null): void {
  let container: JsonObject | unknown[] = args;
  for (const [position, key] of path.entries()) {
    const existing = read(container, key);
    const next = path[position + 1];
    if (next === undefined) {
      write(container, key, typeof existing === 'string' && typeof value === 'string' ? existing + value : value);
      return;
    }
    const child: JsonObject | unknown[] =
      isObject(existing) || Array.isArray(existing) ? existing : typeof next === 'number' ? [] : emptyArgs();
    write(container, key, child);
    container = child;
  }
}

function read(container: JsonObject | unknown[], key: Key): unknown {
  if (Array.isArray(container)) return typeof key === 'number' ? container[key] : undefined;
  return container[key];
}

/** Lists grow by one: an index further out would make a hole, and with it a text of any size. */
function write(container: JsonObject | unknown[], key: Key, value: unknown): void {
  if (!Array.isArray(container)) container[key] = value;
  else if (typeof key === 'number' && key <= container.length) container[key] = value;
}
