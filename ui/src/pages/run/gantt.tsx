import { formatMs } from '../../text/format.ts';
import type { Bar } from './stages.ts';

/** Waits longer than this share of the work are cut short, or the stages would be too thin to see. */
const LONGEST_WAIT = 0.5;

/** Bars one beneath the other on a common axis, each with its name and length in words. */
export function Gantt({ label, bars }: { readonly label: string; readonly bars: readonly Bar[] }) {
  const end = Math.max(...bars.map((bar) => bar.end), 1);
  const begin = Math.max(Math.min(...bars.map(({ start }) => start), 0), -LONGEST_WAIT * end);
  const length = end - begin;
  return (
    <ol className="gantt" aria-label={label}>
      {bars.map(({ name, start, end: stop, kind }) => {
        const left = Math.max(start, begin);
        return (
          <li key={name}>
            <span className="gantt-name">{name}</span>
            <span className="gantt-ms">{formatMs(stop - start)}</span>
            <span className="gantt-lane" aria-hidden="true">
              <span
                className={`gantt-bar is-${kind}${left > start ? ' is-cut' : ''}`}
                style={{ left: `${(100 * (left - begin)) / length}%`, width: `${(100 * (stop - left)) / length}%` }}
              />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
