import { useMemo } from 'react';
import type { PatternDetail } from '../../../../src/api/contract.ts';
import { useAddress } from '../../frame/address.ts';
import { toSpanChange } from '../../parts/span-choice.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { count, formatShort, toMs } from '../../text/format.ts';

/** Lines and errors of a pattern over time; where there are no lines the answer has no point, and the chart zero. */
export function PatternChart({ detail }: { readonly detail: PatternDetail }) {
  const { times, lines } = useMemo(() => toLines(detail), [detail]);
  const label = `Lines of the pattern in ${count(times.length, 'point')} of ${count(detail.step_seconds / 60, 'minute')}.`;
  const [, set] = useAddress();
  const onSelect = (from: number, to: number): void => set(toSpanChange(from, to), { push: true });
  return <TimeChart label={label} times={times} lines={lines} format={formatShort} height={180} onSelect={onSelect} />;
}

function toLines({ points, from, to, step_seconds }: PatternDetail) {
  const step = 1000 * step_seconds;
  const start = Math.floor(toMs(from) / step) * step;
  const times = Array.from({ length: Math.ceil((toMs(to) - start) / step) }, (_, index) => start + index * step);
  const known = new Map(points.map((point) => [toMs(point.time), point]));
  const errors = times.map((time) => known.get(time)?.errors ?? 0);
  if (points.every((point) => point.errors === point.lines))
    return { times, lines: [{ label: 'errors', colour: '--bad', isFilled: true, values: errors }] };
  return {
    times,
    lines: [
      { label: 'lines', colour: '--accent', isFilled: true, values: times.map((time) => known.get(time)?.lines ?? 0) },
      { label: 'errors', colour: '--bad', values: errors },
    ],
  };
}
