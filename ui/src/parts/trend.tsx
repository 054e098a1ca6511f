import type { Pattern } from '../../../src/api/contract.ts';
import './trend.css';

const signs = { new: '✦', surging: '▲' };

/** How a pattern goes, in words with a sign: new, or surging with its rate against the time before; nothing where it is steady. */
export function Trend({ trend, ratio }: Pick<Pattern, 'trend' | 'ratio'>) {
  if (trend === 'steady') return null;
  return (
    <span className={`trend is-${trend}`} title={words[trend]}>
      <span aria-hidden="true">{signs[trend]}</span> {trend}
      {trend === 'surging' && ratio !== null && ` ×${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}`}
    </span>
  );
}

const words = { new: 'No line before this time had this shape.', surging: 'Far more lines than in the day before.' };

/** The worst level of the lines; nothing where none has one. */
export function Severity({ of: severity }: { readonly of: Pattern['severity'] }) {
  return severity === null ? null : <span className={`severity is-${severity}`}>{severity}</span>;
}
