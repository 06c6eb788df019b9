/** What this API calls the fields of the hub. Where in the input something stands, the hub does not know. */
const OWN_NAMES: readonly [hub: RegExp, own: string][] = [
  [/^messages\b.*/, 'input'],
  [/^max_completion_tokens$/, 'max_output_tokens'],
  [/^response_format\.json_schema\b/, 'text.format'],
  [/^response_format\b/, 'text.format'],
  [/^verbosity$/, 'text.verbosity'],
  [/^reasoning_effort$/, 'reasoning.effort'],
  [/^(tools\.\d+)\.function\b/, '$1'],
  [/^tool_choice\.function\b/, 'tool_choice'],
];

/** The name that a field of the hub has for a client of this API. */
export function ownParam(param: string): string {
  const name = OWN_NAMES.find(([hub]) => hub.test(param));
  return name ? param.replace(...name) : param;
}
