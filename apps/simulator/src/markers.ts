import { WireError } from './wire-error.ts';

export type Marker = { name: string; args: string[] };

const MARKER = /\[\[sim:([a-z-]+)((?:\s+[^\]\s]+)*)\s*\]\]/gu;

/** Finds every `[[sim:NAME arg arg]]` of a prompt, in order. */
export function findMarkers(text: string): Marker[] {
  if (!text.includes('[[sim:')) return [];
  return Array.from(text.matchAll(MARKER), ([, name = '', args = '']) => ({
    name,
    args: args.split(/\s+/u).filter(Boolean),
  }));
}

export function withoutMarkers(text: string): string {
  return text.includes('[[sim:') ? text.replaceAll(MARKER, ' ').trim() : text;
}

/** Reads a whole number >= 0 from a marker; a missing one takes the fallback, or is an error where there is none. */
export function numberArgument(marker: Marker, index: number, fallback?: number): number {
  const text = marker.args[index];
  if (text === undefined && fallback !== undefined) return fallback;
  if (text !== undefined && /^\d{1,9}$/u.test(text)) return Number(text);
  throw new WireError(400, `Simulator: [[sim:${marker.name}]] needs a whole number as argument ${index + 1}.`);
}
