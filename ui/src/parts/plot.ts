import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { readColour } from '../frame/theme.ts';
import { formatClock, formatTime } from '../text/format.ts';
import { watchPlace } from './watch-place.ts';

/** A line of a chart; `colour` is a custom property of the theme, such as `--accent`. */
export interface ChartLine {
  readonly label: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

/** What a plot shows. */
export interface Plotted {
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  /** What the axis of time reaches over; the points themselves if absent. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
}

/** What stays the same as long as a plot lives. */
export interface PlotShape {
  /** CSS pixels without the legend. */
  readonly height: number;
  /** The axis of values is divided by powers of two. */
  readonly isBinary: boolean;
  readonly format: (value: number) => string;
  /** Plots of one name mark the same moment. */
  readonly group: string | undefined;
  /** Gets the span that was drawn with the pointer, in milliseconds since 1970; without it none can be drawn. */
  readonly onSelect: ((from: number, to: number) => void) | undefined;
}

/** A drawn chart. */
export interface Plot {
  /** Shows other points of the same lines; while it is out of view, once it comes into view. */
  show(plotted: Plotted): void;
  /** Draws again in the colours that the theme has now. */
  recolour(): void;
  kill(): void;
}

const POWERS = Array.from({ length: 80 }, (_, index) => 2 ** (index - 20));
/** Less than this, in CSS pixels, is a click and no span. */
const SHORTEST = 6;

/** Draws lines over time, in UTC, as wide as the element, whose width it follows; nothing is drawn before the element comes near the view. */
export function createPlot(element: HTMLElement, shape: PlotShape, first: Plotted): Plot {
  let newest = first;
  let drawn: { readonly plot: UPlot; shows: Plotted } | undefined;
  let isNear = false;
  const draw = (width: number): void => {
    if (drawn === undefined)
      drawn = { plot: new UPlot({ ...toOptions(shape, () => newest), width }, toPoints(newest), element), shows: newest };
    else if (drawn.plot.width !== width) drawn.plot.setSize({ width, height: shape.height });
    if (drawn.shows === newest) return;
    drawn.shows = newest;
    drawn.plot.setData(toPoints(newest));
  };
  const forget = watchPlace(element, (place) => {
    isNear = place.isNear;
    if (isNear) draw(place.width);
  });
  return {
    show(plotted) {
      newest = plotted;
      if (isNear && drawn) draw(drawn.plot.width);
    },
    recolour: () => drawn?.plot.redraw(false),
    kill() {
      forget();
      drawn?.plot.destroy();
    },
  };
}

const toPoints = ({ times, lines }: Plotted): UPlot.AlignedData => [[...times], ...lines.map(({ values }) => [...values])];

function toOptions({ height, isBinary, format, group, onSelect }: PlotShape, read: () => Plotted): Omit<UPlot.Options, 'width'> {
  const axis = {
    stroke: () => readColour('--quiet'),
    grid: { stroke: () => readColour('--line'), width: 1 },
    ticks: { show: false },
  };
  // Without a pointer the legend tells of the newest point.
  const rest = (plot: UPlot): void => {
    if ((plot.cursor.left ?? -1) < 0) plot.setLegend({ idx: plot.data[0].length - 1 });
  };
  const tell = (plot: UPlot): void => {
    const { left, width } = plot.select;
    if (width < SHORTEST) return;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    onSelect?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  };
  // Of the pointer only its place goes to the other charts: a span is drawn in one.
  const pub = (type: string): boolean => type === 'mousemove' || type === 'mouseleave';
  const toColour = (index: number, end = ''): string => `${read().lines[index - 1]?.colour ?? '--quiet'}${end}`;
  const isFilled = (index: number): boolean => read().lines[index - 1]?.isFilled === true;
  return {
    ...{ height, ms: 1, tzDate: (time) => UPlot.tzDate(new Date(time), 'Etc/UTC') },
    cursor: {
      points: { size: 6 },
      drag: { x: onSelect !== undefined, y: false, setScale: false, dist: SHORTEST },
      ...(group === undefined ? {} : { sync: { key: group, filters: { pub } } }),
    },
    axes: [
      { ...axis, size: 28, values: (_plot, ticks) => ticks.map(formatTick) },
      { ...axis, ...(isBinary ? { incrs: POWERS } : {}), size: 64, values: (_plot, ticks) => ticks.map(format) },
    ],
    hooks: { ready: [rest], setCursor: [rest], setData: [rest], setSelect: [tell] },
    scales: {
      x: { range: (_plot, least, most) => [read().range?.from ?? least, read().range?.to ?? most] },
      y: { range: (_plot, low, high) => [Math.min(0, low * 1.05), high > 0 ? high * 1.05 : low < 0 ? 0 : 1] },
    },
    // The marks of the legend take another theme by themselves.
    legend: {
      markers: {
        stroke: (_plot, index) => `var(${toColour(index)})`,
        fill: (_plot, index) => (isFilled(index) ? `var(${toColour(index, '-soft')})` : ''),
      },
    },
    series: [
      { label: 'UTC', value: (_plot: UPlot, time: number | null) => (time === null ? '–' : formatTime(time)) },
      ...read().lines.map(({ label, isFilled: hasArea }) => ({
        ...{ label, width: 1.5, points: { show: false } },
        stroke: (_plot: UPlot, index: number) => readColour(toColour(index)),
        ...(hasArea ? { fill: (_plot: UPlot, index: number) => readColour(toColour(index, '-soft')) } : {}),
        value: (_plot: UPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

/** The time of day, or the day where one begins. */
function formatTick(time: number): string {
  return time % 86_400_000 === 0 ? formatTime(time).slice(5, 10) : formatClock(time);
}
