import { useEffect, useMemo, useRef } from 'react';
import { useIsDark } from '../frame/theme.ts';
import { type ChartLine, createPlot, type Plot } from './plot.ts';

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

/** CSS pixels of a legend of one line, whose room is there before the chart is. */
const LEGEND = 22;

/** Lines over time, in UTC, with the values under the pointer in the legend. */
export function TimeChart({ label, times, lines, format, height = 160, range, isBinary = false, group, onSelect }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  const isDark = useIsDark();
  const select = useRef(onSelect);
  select.current = onSelect;
  const canSelect = onSelect !== undefined;
  const { from, to } = range ?? {};
  const plotted = useMemo(
    () => ({ times, lines, range: from === undefined || to === undefined ? undefined : { from, to } }),
    [times, lines, from, to],
  );
  const looks = lines.map((line) => `${line.label} ${line.colour} ${line.isFilled}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other points go into the plot that is there; other lines make another
  useEffect(() => {
    if (place.current === null) return;
    const tell = (start: number, end: number): void => select.current?.(start, end);
    const shape = { height, isBinary, format, group, onSelect: canSelect ? tell : undefined };
    const drawn = createPlot(place.current, shape, plotted);
    plot.current = drawn;
    return () => drawn.kill();
  }, [looks, height, isBinary, format, group, canSelect]);
  useEffect(() => plot.current?.show(plotted), [plotted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the theme
  useEffect(() => plot.current?.recolour(), [isDark]);
  return <div ref={place} role="img" aria-label={label} className="time-chart" style={{ minHeight: height + LEGEND }} />;
}
