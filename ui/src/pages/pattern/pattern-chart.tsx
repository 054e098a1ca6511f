import { useMemo } from 'react';
import type { PatternDetail } from '../../../../src/api/contract.ts';
import { TimeChart } from '../../parts/time-chart.tsx';
import { count, formatShort, toMs } from '../../text/format.ts';

/** Lines and errors of a pattern over time; where there are no lines the answer has no point, and the chart zero. */
export function PatternChart({ detail }: { readonly detail: PatternDetail }) {
  const { times, lines } = useMemo(() => toLines(detail), [detail]);
  const label = `Lines of the pattern in ${count(times.length, 'point')} of ${count(detail.step_seconds / 60, 'minute')}.`;
  return <TimeChart label={label} times={times} lines={lines} format={formatShort} height={180} />;
}

function toLines({ points, from, to, step_seconds }: PatternDetail) {
  const step = 1000 * step_seconds;
  const start = Math.floor(toMs(from) / step) * step;
  const times = Array.from({ length: Math.ceil((toMs(to) - start) / step) }, (_, index) => start + index * step);
  const known = new Map(points.map((point) => [toMs(point.time), point]));
  return {
    times,
    lines: [
      { label: 'lines', colour: '--accent', isFilled: true, values: times.map((time) => known.get(time)?.lines ?? 0) },
      { label: 'errors', colour: '--bad', values: times.map((time) => known.get(time)?.errors ?? 0) },
    ],
  };
}
