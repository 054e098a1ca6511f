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
  /** What the axis of time reaches over; the points themselves if absent. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  /** The values are a number of bytes in some measure of 1024, so that the axis is divided by powers of two. */
  readonly isBinary?: boolean;
  /** Charts of one name mark the same moment when one of them is pointed at. */
  readonly group?: string;
  /** Gets the span that was drawn with the pointer, in milliseconds since 1970; without it none can be drawn. */
  readonly onSelect?: ((from: number, to: number) => void) | undefined;
}

const POWERS = Array.from({ length: 80 }, (_, index) => 2 ** (index - 20));
/** Less than this, in CSS pixels, is a click and no span. */
const SHORTEST = 6;

/** Lines over time, in UTC, with the values under the pointer in the legend. */
export function TimeChart({ label, times, lines, format, height = 160, range, isBinary = false, group, onSelect }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  const select = useRef(onSelect);
  select.current = onSelect;
  const canSelect = onSelect !== undefined;
  const { from, to } = range ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read again when the theme changes
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const axis = { stroke: readColour('--quiet'), grid: { stroke: readColour('--line'), width: 1 }, ticks: { show: false } };
    // Without a pointer the legend tells of the newest point.
    const rest = (plotted: UPlot): void => plotted.setLegend({ idx: times.length - 1 });
    const leave = (plotted: UPlot): void => {
      if ((plotted.cursor.left ?? -1) < 0) rest(plotted);
    };
    const tell = (plotted: UPlot): void => {
      const { left, width } = plotted.select;
      if (width < SHORTEST) return;
      plotted.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      select.current?.(plotted.posToVal(left, 'x'), plotted.posToVal(left + width, 'x'));
    };
    // Of the pointer only its place goes to the other charts: a span is drawn in one.
    const pub = (type: string): boolean => type === 'mousemove' || type === 'mouseleave';
    const sync = group === undefined ? {} : { sync: { key: group, filters: { pub } } };
    const plot = new UPlot(
      {
        ...{ width: element.clientWidth, height, ms: 1 },
        cursor: { points: { size: 6 }, drag: { x: canSelect, y: false, setScale: false, dist: SHORTEST }, ...sync },
        tzDate: (time) => UPlot.tzDate(new Date(time), 'Etc/UTC'),
        axes: [
          { ...axis, size: 28, values: (_plot, ticks) => ticks.map(formatTick) },
          { ...axis, ...(isBinary ? { incrs: POWERS } : {}), size: 64, values: (_plot, ticks) => ticks.map(format) },
        ],
        hooks: { ready: [rest], setCursor: [leave], setSelect: [tell] },
        scales: {
          ...(from !== undefined && to !== undefined ? { x: { range: [from, to] } } : {}),
          y: { range: (_plot, low, high) => [Math.min(0, low * 1.05), high > 0 ? high * 1.05 : low < 0 ? 0 : 1] },
        },
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
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
  }, [times, lines, format, height, isDark, from, to, isBinary, group, canSelect]);
  return <div ref={place} role="img" aria-label={label} className="time-chart" />;
}

/** The time of day, or the day where one begins. */
function formatTick(time: number): string {
  return time % 86_400_000 === 0 ? formatTime(time).slice(5, 10) : formatClock(time);
}
