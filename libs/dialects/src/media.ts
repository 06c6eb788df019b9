import { z } from 'zod';

/** What no alphabet of base64 has; lines may be wrapped. */
const NOT_BASE64 = /[^A-Za-z0-9+/_=\s-]|=[^=\s]/;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** What is wrong with a text that is to be base64, as a phrase; undefined: nothing. */
export function base64Problem(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  return NOT_BASE64.test(text) ? 'must be base64' : undefined;
}

/** What is wrong with the name of a media type, such as `image/png; charset=x`. */
export function mediaTypeProblem(name: string): string | undefined {
  return MEDIA_TYPE.test(name.split(';')[0]!.trim()) ? undefined : 'must be a media type, such as image/png';
}

/** The same of an address, where it is a data URL. */
export function urlProblem(url: string): string | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  const head = url.slice('data:'.length, Math.max(comma, 0));
  const isWhole = comma >= 0 && /;base64$/i.test(head) && mediaTypeProblem(head) === undefined;
  return isWhole ? base64Problem(url.slice(comma + 1)) : 'must be a data URL with a media type and base64';
}

const checked = (problemOf: (text: string) => string | undefined): z.ZodType<string> =>
  z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/**
 * Media in the bodies of doors. Which types a model reads is for its provider to say; what no provider could read is
 * refused.
 */
export const base64Text = checked(base64Problem);
export const mediaType = checked(mediaTypeProblem);
export const mediaUrl = checked((url) => (url === '' ? 'must not be empty' : urlProblem(url)));
