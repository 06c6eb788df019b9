import { UpstreamFailureError, type Door } from '@parley/dialects';

export type ParamNamer = (param: string) => string;

/** Gives fields of the hub the names that the door's clients know. See `Door.paramsOf`. */
export const namerOf = (door: Door, body?: unknown): ParamNamer => door.paramsOf?.(body) ?? ((param) => param);

/** A failure of a provider, with the field that it blames under the client's name. */
export function nameParam(error: unknown, paramOf: ParamNamer | undefined): unknown {
  if (!paramOf || !(error instanceof UpstreamFailureError) || error.failure.param === undefined) return error;
  return new UpstreamFailureError({ ...error.failure, param: paramOf(error.failure.param) });
}
