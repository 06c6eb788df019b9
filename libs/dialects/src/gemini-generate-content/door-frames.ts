import type { StreamFraming } from '../door.ts';

/** How the parts of a streamed answer are told apart: server-sent events (`alt=sse`) or the elements of a JSON array. */
export type StreamForm = 'events' | 'array';

/** Says nothing, as the last part of many a stream of Google's does. */
const SILENT_ANSWER = '{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}]}';

export const FRAMINGS: Readonly<Record<StreamForm, StreamFraming>> = {
  // A comment would be the end for `@google/generative-ai`, which knows lines of data alone.
  events: { contentType: 'text/event-stream; charset=utf-8', keepAlive: `data: ${SILENT_ANSWER}\r\n\r\n` },
  // White space may stand anywhere between the elements, and before the first one.
  array: { contentType: 'application/json; charset=utf-8', keepAlive: '\r\n' },
};

/** Puts the JSON texts of one stream into its form. */
export class AnswerFrames {
  private hasBegun = false;

  constructor(readonly form: StreamForm) {}

  write(json: string): string {
    if (this.form === 'events') return writeEvent(json);
    const text = (this.hasBegun ? ',\r\n' : '[') + json;
    this.hasBegun = true;
    return text;
  }

  end(): string {
    if (this.form === 'events') return '';
    return this.hasBegun ? ']' : '[]';
  }
}

/**
 * An error as the last that a stream says. Older clients of Google's overlook it in an event (`@google/genai` 1,
 * `@google/generative-ai`), but not that a stream breaks off within one: the comment after it stands for that.
 */
export function writeFailure(json: string, form: StreamForm, hasBegun: boolean): string {
  if (form === 'events') return `${writeEvent(json)}: failed\r\n`;
  return `${hasBegun ? ',\r\n' : '['}${json}]`;
}

const writeEvent = (json: string): string => `data: ${json}\r\n\r\n`;
