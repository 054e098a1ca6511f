import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { readColour, useIsDark } from '../frame/theme.ts';
import { formatClock, formatTime } from '../text/format.ts';

/** A line of a chart; `colour` is a custom property of the theme, such as `--accent`. */
export interface ChartLine {
  readonly label: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

interface TimeChartProps {
  /** What the chart shows, in a sentence for those who cannot see it. */
  readonly label: string;
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly height?: number;
}

/** Lines over time, in UTC, with the values under the pointer in the legend. */
export function TimeChart({ label, times, lines, format, height = 160 }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read again when the theme changes
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const axis = { stroke: readColour('--quiet'), grid: { stroke: readColour('--line'), width: 1 }, ticks: { show: false } };
    // Without a pointer the legend tells of the newest point.
    const rest = (plotted: UPlot): void => plotted.setLegend({ idx: times.length - 1 });
    const plot = new UPlot(
      {
        ...{ width: element.clientWidth, height, ms: 1, cursor: { points: { size: 6 }, drag: { x: false, y: false } } },
        tzDate: (time) => UPlot.tzDate(new Date(time), 'Etc/UTC'),
        axes: [
          { ...axis, size: 28, values: (_plot, ticks) => ticks.map(formatTick) },
          { ...axis, size: 56, values: (_plot, ticks) => ticks.map(format) },
        ],
        hooks: { ready: [rest] },
        scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.05 : 1] } },
        series: [
          { label: 'UTC', value: (_plot: UPlot, time: number | null) => (time === null ? '–' : formatTime(time)) },
          ...lines.map((line) => {
            const stroke = readColour(line.colour);
            const fill = line.isFilled ? { fill: readColour(`${line.colour}-soft`) } : {};
            return {
              ...{ label: line.label, stroke, width: 1.5, points: { show: false }, ...fill },
              value: (_plot: UPlot, value: number | null) => (value === null ? '–' : format(value)),
            };
          }),
        ],
      },
      [[...times], ...lines.map(({ values }) => [...values])],
      element,
    );
    plot.over.addEventListener('mouseleave', () => rest(plot));
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
  }, [times, lines, format, height, isDark]);
  return <div ref={place} role="img" aria-label={label} className="time-chart" />;
}

/** The time of day, or the day where one begins. */
function formatTick(time: number): string {
  return time % 86_400_000 === 0 ? formatTime(time).slice(5, 10) : formatClock(time);
}
