import { maskSecrets } from './secret.ts';
import { formatTime, type Micros } from './time.ts';

export const logLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line that a person needs to understand an attempt; `at` is ISO 8601 UTC, `text` a sentence without row values and secrets. */
export interface LogLine {
  readonly at: string;
  readonly level: LogLevel;
  readonly text: string;
}

/** Lines of one attempt while it runs. Of very many the first 20 and the last 78 are kept, with a line between them that says so. */
export interface RunLog {
  /** Adds a sentence; addresses lose their passwords, and what is beyond 500 characters is cut off. */
  add(level: LogLevel, text: string): void;
  /** A log of its own that begins with the same lines. */
  fork(): RunLog;
  lines(): LogLine[];
}

// With the line of the gap and that of the claim, which the database writes, there are at most 100.
const FIRST = 20;
const LAST = 78;
const LONGEST = 500;

/** Lines that begin with these; times are those of the clock. */
export function createRunLog(now: () => Micros, first: readonly LogLine[] = [], last: readonly LogLine[] = [], left = 0): RunLog {
  const head = [...first];
  const tail = [...last];
  let dropped = left;
  return {
    add(level, text) {
      const line = { at: formatTime(now()), level, text: clip(maskSecrets(text)) };
      if (head.length < FIRST) head.push(line);
      else if (tail.push(line) > LAST) {
        tail.shift();
        dropped += 1;
      }
    },
    fork: () => createRunLog(now, head, tail, dropped),
    lines() {
      const [next] = tail;
      if (dropped === 0 || next === undefined) return [...head, ...tail];
      return [...head, { at: next.at, level: 'warn', text: `${dropped} lines between these were left out.` }, ...tail];
    },
  };
}

function clip(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
