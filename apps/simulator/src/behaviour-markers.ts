import type { Usage } from './answer.ts';
import { type Marker, numberArgument } from './markers.ts';
import { WireError } from './wire-error.ts';

/** How an answer is delivered, while markers shape it. */
export type Behaviour = {
  /** Before the first byte. Null: the model's own pace. */
  delayMs: number | null;
  /** Between two deltas of a stream. Null: the model's own pace. */
  gapMs: number | null;
  /** Null: figures derived from the characters. */
  usage: Usage | 'none' | null;
  failure: { status: number; retryAfterSeconds?: number } | null;
  /** Breaks a stream after so many deltas: `cut` destroys the socket, `fail` sends the vendor's error event. */
  interruption: { kind: 'cut' | 'fail'; afterDeltas: number } | null;
  hangs: boolean;
};

const STATUSES = [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 529];

/** Markers that decide how and when it is said. `failures` counts the requests of each `flaky` key. */
export const BEHAVIOUR_MARKERS: Record<
  string,
  (behaviour: Behaviour, marker: Marker, failures: Map<string, number>) => void
> = {
  slow: (behaviour, marker) => {
    behaviour.delayMs = numberArgument(marker, 0);
  },
  drip: (behaviour, marker) => {
    behaviour.gapMs = numberArgument(marker, 0);
  },
  error: (behaviour, marker) => {
    const status = numberArgument(marker, 0);
    if (!STATUSES.includes(status)) {
      throw new WireError(400, `Simulator: [[sim:error]] knows the statuses ${STATUSES.join(', ')}.`);
    }
    const retryAfterSeconds = marker.args[1] === undefined ? undefined : numberArgument(marker, 1);
    behaviour.failure = { status, retryAfterSeconds };
  },
  flaky: (behaviour, marker, failures) => {
    const key = marker.args[1] ?? '';
    const seen = (failures.get(key) ?? 0) + 1;
    failures.set(key, seen);
    if (seen <= numberArgument(marker, 0)) behaviour.failure = { status: 503 };
  },
  cut: (behaviour, marker) => {
    behaviour.interruption = { kind: 'cut', afterDeltas: numberArgument(marker, 0) };
  },
  fail: (behaviour, marker) => {
    behaviour.interruption = { kind: 'fail', afterDeltas: numberArgument(marker, 0) };
  },
  hang: (behaviour) => {
    behaviour.hangs = true;
  },
  usage: (behaviour, marker) => {
    behaviour.usage = {
      input: numberArgument(marker, 0),
      output: numberArgument(marker, 1),
      cached: numberArgument(marker, 2, 0),
      reasoning: numberArgument(marker, 3, 0),
    };
  },
  'no-usage': (behaviour) => {
    behaviour.usage = 'none';
  },
};
