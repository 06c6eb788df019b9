/** The named parts of a credential that is JSON; undefined where it is none, or where one of them is no text. */
export function readParts<Name extends string>(text: string, names: readonly Name[]): Record<Name, string> | undefined {
  const parts = parseObject(text);
  return names.every((name) => typeof parts[name] === 'string') ? (parts as Record<Name, string>) : undefined;
}

/** Whether a credential consists of parts; keys and tokens never begin like this. */
export const hasParts = (text: string): boolean => text.startsWith('{');

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
