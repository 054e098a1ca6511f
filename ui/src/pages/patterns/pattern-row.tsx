import { Link } from 'wouter';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Sparkline } from '../../parts/sparkline.tsx';
import { Template } from '../../parts/template.tsx';
import { Severity, Trend } from '../../parts/trend.tsx';
import { count, formatShort, formatTime, toMs } from '../../text/format.ts';
import type { CountedPattern } from './counted-pattern.ts';

/** When the points of the sparklines are. */
interface PointTimes {
  readonly from: string;
  readonly stepSeconds: number;
  /** Beginning of the range that is looked at; what lies before is there to compare. */
  readonly rangeFrom: string;
}

interface PatternRowProps {
  readonly pattern: CountedPattern;
  readonly tenant: string;
  readonly times: PointTimes;
  /** Errors are what was counted, because only they were asked for. */
  readonly isErrors: boolean;
  /** All rows are of one service, which then needs no name. */
  readonly isOneService: boolean;
}

/** So many services are named. */
const SHOWN = 4;

/** A pattern in the lines of one service: how it goes, what it says, how often. */
export function PatternRow({ pattern, tenant, times, isErrors, isOneService }: PatternRowProps) {
  const toPage = useToPage();
  const [get] = useAddress();
  const { fingerprint, service, resource, template, sample, trend, ratio, severity, lines, errors, first_seen, evidence_url } = pattern;
  const { points = [], others = [] } = pattern;
  const range = { span: get('span'), from: get('from'), to: get('to') };
  const before = Math.max(0, Math.round((toMs(times.rangeFrom) - toMs(times.from)) / (1000 * times.stepSeconds)));
  const noun = isErrors ? 'error' : 'line';
  const shown = isErrors ? errors : lines;
  return (
    <li className="pattern">
      <div className="pattern-words">
        <p className="pattern-facts">
          {!isOneService &&
            [{ service, resource }, ...others].slice(0, SHOWN).map((one) => (
              <Link key={one.resource} href={toPage('/resource', { tenant, urn: one.resource })}>
                {one.service}
              </Link>
            ))}
          {others.length >= SHOWN && <span>and {count(others.length + 1 - SHOWN, 'more service')}</span>}
          <Trend trend={trend} ratio={ratio} />
          <Severity of={severity} />
          {!isErrors && errors > 0 && errors < lines && <span>{count(errors, 'error')}</span>}
          {trend === 'new' && <span>first {formatTime(first_seen)}</span>}
        </p>
        <Link
          href={toPage(`/patterns/${encodeURIComponent(fingerprint)}`, { tenant, ...(others.length > 0 ? {} : { service }), ...range })}
          className="pattern-link"
        >
          <Template template={template} sample={sample} />
        </Link>
      </div>
      <div className="pattern-counts">
        <Sparkline
          label={`${noun}s per ${count(times.stepSeconds / 60, 'minute')} up to the end of the time, at most ${Math.max(0, ...points)}`}
          values={points}
          quietUntil={before}
        />
        <span className="pattern-lines" title={count(shown, noun)}>
          {formatShort(shown)} <span className="quiet">{shown === 1 ? noun : `${noun}s`}</span>
        </span>
        {evidence_url !== null && /^https?:/i.test(evidence_url) && (
          <a href={evidence_url} target="_blank" rel="noreferrer" aria-label={`Newest line in OpenObserve: ${template.slice(0, 60)}`}>
            OpenObserve
          </a>
        )}
      </div>
    </li>
  );
}
