import type { Config } from '../config/schema.ts';
import { SECOND, toMicros } from '../core/time.ts';
import type { CircuitPolicy } from '../store/circuit.ts';

/** How failed windows are tried again. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Seconds until the second attempt; each further one waits twice as long, up to `longestPauseSeconds`. */
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
  readonly circuit: CircuitPolicy;
}

/** The policy of the configuration: the first pause is 10 s, no pause is longer than 15 min. */
export function toRetryPolicy(runner: Config['runner']): RetryPolicy {
  const pauseSeconds = toMicros(runner.circuit_pause) / SECOND;
  return {
    ...{ maxAttempts: runner.max_attempts, pauseSeconds: 10, longestPauseSeconds: 900 },
    circuit: { failures: runner.circuit_failures, pauseSeconds, longestPauseSeconds: 900 },
  };
}

/** Seconds until the next attempt after so many failures before this one; `random` in `[0, 1)` spreads them over the upper half. */
export function toPause({ pauseSeconds, longestPauseSeconds }: RetryPolicy, failures: number, random: number): number {
  return Math.min(longestPauseSeconds, pauseSeconds * 2 ** failures) * (0.5 + random / 2);
}
