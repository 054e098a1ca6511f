interface SparklineProps {
  /** What it shows, in a sentence for those who cannot see it. */
  readonly label: string;
  readonly values: readonly number[];
  /** So many of the first values are only there to compare. */
  readonly quietUntil?: number;
}

/** Bars of one series without axes, from zero to the greatest value. */
export function Sparkline({ label, values, quietUntil = 0 }: SparklineProps) {
  const highest = Math.max(...values, 1e-9);
  const draw = (from: number, to: number): string =>
    values
      .slice(from, to)
      .map((value, index) => (value === 0 ? '' : `M${from + index + 0.1} 1v${-Math.max(0.06, value / highest)}h.8V1z`))
      .join('');
  return (
    <svg className="sparkline" role="img" aria-label={label} viewBox={`0 0 ${values.length} 1`} preserveAspectRatio="none">
      <path className="is-quiet" d={draw(0, quietUntil)} />
      <path d={draw(quietUntil, values.length)} />
    </svg>
  );
}
