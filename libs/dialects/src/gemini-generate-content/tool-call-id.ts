import { createHash } from 'node:crypto';

const PREFIX = 'call_gemini_';

/**
 * The id of a call that Gemini gave none (2.x never does). A hash keeps it within the 40 characters and the alphabet that
 * every other provider accepts, so that the history can move to another model.
 */
export function synthesiseToolCallId(fallbackId: string, choice: number, position: number): string {
  const digest = createHash('sha256').update(`${fallbackId}:${choice}:${position}`).digest('hex');
  return PREFIX + digest.slice(0, 24);
}

/**
 * The id to send back to Gemini. Ours stay here: Gemini never saw them, and models that know no ids get none. All others
 * go up, as Gemini 3 asks for its own ids back, and foreign ones are accepted (recorded on 2.5 and 3).
 */
export function idForGemini(id: string | undefined): { id?: string } {
  return id === undefined || id === '' || id.startsWith(PREFIX) ? {} : { id };
}
