/** A call without arguments, in words that clients can parse. */
export const NO_ARGUMENTS = '{}';

/** Nothing but white space is no JSON: Claude on Databricks says so for a tool without parameters. */
export const isBlank = (text: string): boolean => text.trim() === '';

/** OpenAI's custom tools take free text and no JSON: such calls stay as they are. */
export const isForeignCall = (call: { type?: unknown; function?: unknown }): boolean =>
  typeof call.type === 'string' && call.type !== 'function' && call.function === undefined;
