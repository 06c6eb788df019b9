import type { ErrorBody } from '@parley/contracts';

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

/** An error about a translated request, in the names of the fields that the client sent. */
export function encodeFailure(body: ErrorBody): ErrorBody {
  const { param, message, hint } = body.error;
  const name = param === null ? undefined : OWN_NAMES.find(([hub]) => hub.test(param));
  if (param === null || !name) return body;
  const own = param.replace(...name);
  const renamed = (text: string): string => text.replace(`\`${param}\``, `\`${own}\``);
  return { ...body, error: { ...body.error, param: own, message: renamed(message), hint: renamed(hint) } };
}
