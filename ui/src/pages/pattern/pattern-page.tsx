import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { PatternDetail } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { OneTenant } from '../../frame/one-tenant.tsx';
import type { PageProps } from '../../frame/page-props.ts';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Template } from '../../parts/template.tsx';
import { Time } from '../../parts/time.tsx';
import { Severity } from '../../parts/trend.tsx';
import { count, formatCount, formatShare, formatWindow } from '../../text/format.ts';
import '../patterns/patterns.css';
import './pattern.css';
import { LinkedEvidence } from './linked-evidence.tsx';
import { PatternChart } from './pattern-chart.tsx';
import { findBody } from './raw-body.ts';
import { RawLines } from './raw-lines.tsx';
import { Samples, Variables } from './samples.tsx';
import { useRawLines } from './use-raw-lines.ts';

/** One pattern: how often it came, in which services, with which values, and the lines themselves. */
export function PatternPage({ params }: PageProps) {
  return <OneTenant>{(tenant) => <Loaded tenant={tenant} fingerprint={params.fingerprint ?? ''} />}</OneTenant>;
}

function Loaded({ tenant, fingerprint }: { readonly tenant: string; readonly fingerprint: string }) {
  const path = `/api/v1/patterns/${encodeURIComponent(fingerprint)}`;
  const span = useSpan(tenant, { path, query: {}, usual: '24h' });
  const pattern = useApi<PatternDetail>(path, { tenant_id: tenant, ...span.range }, { every: 60, wait: span.isWaiting });
  return (
    <Answer of={pattern} what="pattern">
      {(detail) => <Detail {...{ detail, tenant, fingerprint }} choice={<SpanChoice {...span} answered={detail} />} />}
    </Answer>
  );
}

interface DetailProps {
  readonly detail: PatternDetail;
  readonly tenant: string;
  /** That of the address. */
  readonly fingerprint: string;
  readonly choice: ReactNode;
}

function Detail({ detail, tenant, fingerprint, choice }: DetailProps) {
  const toPage = useToPage();
  const [get] = useAddress();
  const { template, samples, severity, service, services, aliases, first_seen, last_seen, locators } = detail;
  const lines = services.reduce((sum, one) => sum + one.lines, 0);
  const errors = services.reduce((sum, one) => sum + one.errors, 0);
  const chosen = locators.find(({ locator_id }) => locator_id === get('evidence'));
  const rows = useRawLines(tenant, detail.fingerprint, chosen?.locator_id).data?.rows ?? [];
  const read = chosen === undefined ? [] : rows.flatMap((row) => String(row[findBody(row, template) ?? ''] ?? '') || []);
  const asked = get('service');
  const here = asked === undefined ? {} : { service: asked };
  return (
    <div className="stack">
      <div>
        <p className="quiet">
          <Link href={toPage('/patterns', { tenant, ...here, span: get('span'), from: get('from'), to: get('to') })}>Patterns</Link>
          {asked !== undefined && ` › ${asked}`} › {detail.fingerprint}
        </p>
        <h1 className="pattern-title">
          <Template template={template} sample={samples[0] ?? null} />
        </h1>
      </div>
      {fingerprint !== detail.fingerprint && (
        <p className="quiet">
          Lines of <code>{fingerprint}</code> count here since a more general pattern absorbed it.
        </p>
      )}
      <div className="filters">{choice}</div>
      <div className="columns">
        <section className="panel" aria-labelledby="trend-title">
          <div className="panel-head">
            <h2 id="trend-title">Lines</h2>
            <span className="quiet">
              {count(lines, 'line')}, {count(errors, 'error')}; a point is {count(detail.step_seconds / 60, 'minute')}
            </span>
          </div>
          {lines === 0 ? (
            <Empty title="No line in this time has this shape." advice={`Lines came from ${formatWindow(first_seen, last_seen)} UTC.`} />
          ) : (
            <PatternChart detail={detail} />
          )}
        </section>
        <section className="panel" aria-labelledby="facts-title">
          <h2 id="facts-title">Pattern</h2>
          <dl className="facts">
            <dt>Severity</dt>
            <dd>{severity === null ? 'none of its lines has a level' : <Severity of={severity} />}</dd>
            <dt>First line</dt>
            <dd>
              <Time at={first_seen} /> {service !== null && `in ${service}`}
            </dd>
            <dt>Last line</dt>
            <dd>
              <Time at={last_seen} />
            </dd>
            <dt>Fingerprint</dt>
            <dd>
              <code>{detail.fingerprint}</code>
            </dd>
            <dt>Around its first line</dt>
            <dd>
              <Link href={toPage('/patterns', { tenant, trend: 'new', to: toHourAfter(first_seen) })}>What else was new</Link>
            </dd>
          </dl>
        </section>
      </div>
      <section className="panel" aria-labelledby="services-title">
        <h2 id="services-title">Services</h2>
        {services.length === 0 ? (
          <Empty title="No service has such a line in this time." advice="Choose a longer time, or an earlier one." />
        ) : (
          <Table
            caption="Services, most lines first"
            rows={services}
            rowKey={({ resource }) => resource}
            isChosen={({ service: name }) => name === asked}
            columns={[
              { title: 'Service', cell: (row) => <Link href={toPage('/resource', { tenant, urn: row.resource })}>{row.service}</Link> },
              { title: 'Lines', isNumber: true, cell: (row) => formatCount(row.lines) },
              { title: 'Share', isNumber: true, cell: (row) => formatShare(row.lines / Math.max(1, lines)) },
              { title: 'Errors', isNumber: true, cell: (row) => formatCount(row.errors) },
            ]}
          />
        )}
      </section>
      <RawLines {...{ tenant, fingerprint: detail.fingerprint, template, locators }} />
      <Variables template={template} lines={samples} read={read} />
      <Samples template={template} lines={samples} />
      {aliases.length > 0 && (
        <section className="panel">
          <details>
            <summary>
              <h2>Absorbed patterns ({aliases.length})</h2>
            </summary>
            <p className="quiet">Each is what its lines have in common by themselves; their lines are counted here.</p>
            <ul className="aliases">
              {aliases.map((alias) => (
                <li key={alias.fingerprint}>
                  <Template template={alias.template} />
                </li>
              ))}
            </ul>
          </details>
        </section>
      )}
      <LinkedEvidence tenant={tenant} fingerprint={detail.fingerprint} />
    </div>
  );
}

/** The end of the hour whose middle the time is. */
function toHourAfter(time: string): string {
  const step = 300_000;
  return new Date(Math.ceil((Date.parse(time) + 1_800_000) / step) * step).toISOString();
}
