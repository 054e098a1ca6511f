import type { Question } from '../../api/use-api.ts';
import { toIso, toMs } from '../../text/format.ts';
import type { Moment } from './moment-slider.tsx';
import type { TopologyFilter } from './topology-filter.ts';

/** Edges that are asked for at once: of many more a picture is no longer read, but searched. */
const PAGE = 1000;
const MINUTE = 60_000;

/** What was declared at a time, or is now. */
export function toStateQuestion(scope: TopologyFilter, at: string | undefined): Question {
  return { path: '/api/v1/topology', query: { ...scope, at, limit: PAGE }, isList: true };
}

/** What is different between two times. */
export function toDiffQuestion(scope: TopologyFilter, from: string | undefined, to: string | undefined): Question {
  return { path: '/api/v1/topology/diff', query: { ...scope, from, to, limit: PAGE }, isList: true };
}

/** The first of two times where none is chosen: the moment before the newest. */
export function toDefaultFrom(moments: readonly Moment[]): string | undefined {
  return moments[1]?.at ?? moments[0]?.at;
}

/** The second of two times where none is chosen, which stays the same for a while. */
export function toEndOfMinute(): string {
  return toIso(Math.ceil(Date.now() / MINUTE) * MINUTE);
}

/** The moment before the one at that time; undefined where nothing changed then. */
export function findBefore(moments: readonly Moment[], at: string | undefined): string | undefined {
  const place = at === undefined ? -1 : moments.findIndex((moment) => toMs(moment.at) === toMs(at));
  return place < 0 ? undefined : moments[place + 1]?.at;
}
