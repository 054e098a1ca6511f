import { type JobName, jobNames } from '../config/jobs-schema.ts';
import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros, parseTime, toMicros } from '../core/time.ts';
import type { Window } from '../core/window.ts';

/** The job of that name; throws `OB_JOB_UNKNOWN` with the names there are. */
export function toJobName(job: string): JobName {
  const name = jobNames.find((known) => known === job);
  if (name === undefined)
    throw new ObserveBridgeError('OB_JOB_UNKNOWN', 'usage', `There is no job ${job}; there are ${jobNames.join(', ')}.`);
  return name;
}

/** The range of `--from` and `--to`; throws `OB_RANGE_INVALID` unless it is made of whole windows of the past. */
export function toRange(options: { readonly from: string; readonly to: string }, align: string, now: Micros): Window {
  const refuse = (sentence: string): never => {
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', sentence);
  };
  const from = parseTime(options.from) ?? refuse(`--from ${options.from} is not a time.`);
  const to = parseTime(options.to) ?? refuse(`--to ${options.to} is not a time.`);
  if (from >= to) refuse(`--from ${formatTime(from)} is not before --to ${formatTime(to)}.`);
  for (const [flag, time] of [
    ['--from', from],
    ['--to', to],
  ] as const) {
    if (time % toMicros(align) !== 0) refuse(`${flag} ${formatTime(time)} is not a multiple of the job's alignment of ${align}.`);
  }
  if (to > now) refuse(`--to ${formatTime(to)} lies in the future.`);
  return { from, to };
}
