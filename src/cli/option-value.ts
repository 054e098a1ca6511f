import { InvalidArgumentError } from 'commander';
import { parseRunId } from '../core/run-id.ts';
import { type Micros, parseTime } from '../core/time.ts';

/** Parses the number of a run or backfill. These parsers throw what the command line library reports as a usage error. */
export function toId(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError(`${text} is not the number of one.`);
  return BigInt(text);
}

/** The parser of a whole number from 1 to `most`. */
export function toCount(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw new InvalidArgumentError(`${text} is not a number from 1 to ${most}.`);
    return count;
  };
}

/** Parses a time in ISO 8601 to µs UTC. */
export function toTime(text: string): Micros {
  const time = parseTime(text);
  if (time === undefined) throw new InvalidArgumentError(`${text} is not a time such as 2023-01-30T12:00:00Z.`);
  return time;
}

/** Parses a run id as `parseRunId` does. */
export function toRunId(text: string): string {
  const runId = parseRunId(text);
  if (runId === undefined) throw new InvalidArgumentError(`${text} is not a valid UUID.`);
  return runId;
}
