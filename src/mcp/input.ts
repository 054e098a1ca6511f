import { Type } from 'typebox';
import { isStorable } from '../api/list.ts';
import { invalid } from '../api/problem.ts';
import { readRange } from '../api/question.ts';
import { HOUR, MINUTE, type Micros, parseTime, SECOND } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import { type EdgeView, edgeKinds, openEdgeView } from '../graph/edge-view.ts';
import { MOST_HOPS } from '../graph/neighbours.ts';
import { findNewestCalls } from '../store/call-list.ts';
import { type BucketTable, findKeptRange } from '../store/nearest-rows.ts';
import type { Question } from './tool.ts';

const BUCKET = 5 * MINUTE;
const EXAMPLE = 'such as 2023-01-30T11:50:00Z';

const moment = (description: string) => Type.String({ minLength: 1, maxLength: 40, description });

/** Names a resource. */
export const resourceInput = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2000, description: `${description}: URN, name, or alias such as a pod, address or ARN.` });

/** How many rows a tool answers with. */
export const limitInput = (initial: number, maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, default: initial, description: `Most rows of each list; ${initial} if absent.` }));

/** How many edges lie on the way. */
export const hopsInput = (initial: number) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_HOPS, default: initial, description: `Most edges on the way; ${initial} if absent.` }),
  );

/** Which edges a question about the graph follows. */
export const edgesInput = Type.Optional(
  Type.Unsafe<(typeof edgeKinds)[number]>({
    type: 'string',
    enum: [...edgeKinds],
    default: 'calls',
    description: 'Observed calls, declared edges, or all.',
  }),
);

/** Bounds of a range of time. */
export const rangeInput = (otherwise: string) => ({
  from: Type.Optional(moment(`Beginning of the range, UTC, ${EXAMPLE}; without \`from\` and \`to\` ${otherwise}.`)),
  to: Type.Optional(moment('End of the range, not itself part of it.')),
});

/** The time that a question about the graph is about. */
export const viewInput = {
  at: Type.Optional(moment(`Time that the question is about, UTC, ${EXAMPLE}; the newest calls if absent.`)),
  span_seconds: Type.Optional(
    Type.Integer({
      minimum: 300,
      maximum: 86_400,
      multipleOf: 300,
      default: 600,
      description: 'Calls of so long before `at` count; 600 if absent.',
    }),
  ),
};

/** A time of the arguments in µs. Throws `OB_REQUEST_INVALID` for what is none; `name` is the argument. */
export function readMoment(name: string, text: string): Micros {
  const time = parseTime(text);
  if (time === undefined || !isStorable(time)) throw invalid(`\`${name}\` is not a time; write UTC, ${EXAMPLE}.`);
  return time;
}

/** The range of the arguments, or as long a time up to the newest calls; where a tenant has no calls, up to its newest log lines or metrics. Rejects as `readRange` does. */
export function readCallRange(question: Question, input: { from?: string; to?: string }, length: Micros = HOUR): Promise<Window> {
  return readRange(input, question.now, async () => {
    const { db, tenantId } = question;
    const to =
      (await findNewestCalls(db, tenantId)) ??
      (await findNewest(db, tenantId, 'log_pattern_5m')) ??
      (await findNewest(db, tenantId, 'metric_1m'));
    return to === undefined ? undefined : { from: to - length, to };
  });
}

async function findNewest(db: Question['db'], tenantId: string, table: BucketTable): Promise<Micros | undefined> {
  const newest = parseTime((await findKeptRange(db, tenantId, table))?.last ?? '');
  return newest === undefined ? undefined : floorTo(newest, BUCKET) + BUCKET;
}

/** The range in whole five minutes. */
export function widen({ from, to }: Window): Window {
  return { from: floorTo(from, BUCKET), to: floorTo(to + BUCKET - 1, BUCKET) };
}

/** The edges at the time of the arguments. */
export function openView({ db, tenantId, now }: Question, input: { at?: string; span_seconds?: number }): Promise<EdgeView> {
  const asOf = input.at === undefined ? undefined : readMoment('at', input.at);
  return openEdgeView(db, tenantId, { asOf, now, span: (input.span_seconds ?? 600) * SECOND });
}
