import type { ChatCompletion, ReasoningDetail } from '@parley/contracts';

/** The opaque part of what a model gave of its reasoning, the last piece of it; undefined: there is none. */
export function opaqueState(details: readonly ReasoningDetail[] | null | undefined): string | undefined {
  return details?.map(({ signature, data }) => signature || data).findLast(Boolean) ?? undefined;
}

/** The same of an answer, of its first choice. */
export const stateOf = ({ choices }: ChatCompletion): string | undefined =>
  opaqueState(choices[0]?.message.reasoning_details);

/** Whether a piece can be read only in the account that it was made in; other state can wherever its models run. */
export const isSealed = ({ format }: ReasoningDetail): boolean => format === 'openai-responses-v1';
