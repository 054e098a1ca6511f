import type { RunDetail } from '../../api/types.ts';

/** A bar of the gantt: milliseconds from the beginning of the axis. */
export interface Bar {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly kind: 'wait' | 'stage' | 'rest';
}

/** Stages run one after the other in this order; the database keeps no order of the fields of an object. */
const order = ['plan', 'open', 'read', 'aggregate', 'mine', 'project', 'write'];

/** The newest attempt as bars: how long the run waited after it was due, its stages, and what no stage accounts for. */
export function toBars({
  run_after,
  started_at,
  finished_at,
  stats,
}: Pick<RunDetail, 'run_after' | 'started_at' | 'finished_at' | 'stats'>): Bar[] {
  if (started_at === null) return [];
  const begun = Date.parse(started_at);
  const waited = Math.max(0, begun - Date.parse(run_after));
  const stages = Object.entries(Object(stats.ms) as Record<string, unknown>)
    .filter((stage): stage is [string, number] => typeof stage[1] === 'number')
    .sort(([left], [right]) => toPlace(left) - toPlace(right));
  const bars: Bar[] = [];
  let at = 0;
  for (const [name, ms] of stages) {
    bars.push({ name, start: at, end: at + ms, kind: 'stage' });
    at += ms;
  }
  const elapsed = finished_at === null ? at : Math.max(0, Date.parse(finished_at) - begun);
  if (elapsed > at) bars.push({ name: stages.length === 0 ? 'run' : 'commit and other work', start: at, end: elapsed, kind: 'rest' });
  return waited === 0 ? bars : [{ name: 'waited for a worker', start: -waited, end: 0, kind: 'wait' }, ...bars];
}

const toPlace = (name: string): number => {
  const place = order.indexOf(name);
  return place < 0 ? order.indexOf('write') - 0.5 : place;
};
