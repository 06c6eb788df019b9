/** What JSON.parse gives: to be read by path, for tests do not know the types of what they check. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export function parse(text: string): Json {
  const parsed: Json = JSON.parse(text);
  return parsed;
}

/** The value at a path; null where there is none. */
export function dig(json: Json, ...path: (string | number)[]): Json {
  let node: Json | undefined = json;
  for (const step of path) {
    if (typeof node !== 'object' || node === null) return null;
    node = Array.isArray(node) ? node[Number(step)] : node[step];
  }
  return node ?? null;
}

export function textAt(json: Json, ...path: (string | number)[]): string {
  const found = dig(json, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(json: Json, ...path: (string | number)[]): number {
  const found = dig(json, ...path);
  return typeof found === 'number' ? found : 0;
}

export function listAt(json: Json, ...path: (string | number)[]): Json[] {
  const found = dig(json, ...path);
  return Array.isArray(found) ? found : [];
}
