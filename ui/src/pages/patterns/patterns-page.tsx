import { useState } from 'react';
import type { Pattern, PatternServiceList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { OneTenant } from '../../frame/one-tenant.tsx';
import { Choice } from '../../parts/choice.tsx';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { FoundPatterns } from './found-patterns.tsx';
import { PatternSummary } from './pattern-summary.tsx';
import './patterns.css';

const severities: readonly (readonly [NonNullable<Pattern['severity']>, string])[] = [
  ['info', 'info or worse'],
  ['warn', 'warn or worse'],
  ['error', 'error or worse'],
  ['fatal', 'fatal'],
];
const trends: readonly (readonly [string, string])[] = [
  ['changed', 'new or surging'],
  ['new', 'new'],
  ['surging', 'surging'],
  ['steady', 'steady'],
];
const lines = { path: '/api/v1/patterns/services', query: { limit: 1 }, usual: '1h' } as const;

/** What the log lines of a tenant say: what is new, surging or an error first, the rest by service; everything that is chosen is in the address. */
export function PatternsPage() {
  return (
    <div className="stack">
      <h1>Patterns</h1>
      <OneTenant>{(tenant) => <Patterns tenant={tenant} />}</OneTenant>
    </div>
  );
}

function Patterns({ tenant }: { readonly tenant: string }) {
  const [get, set] = useAddress();
  const span = useSpan(tenant, lines);
  const [ranged, setRanged] = useState<{ from: string; to: string }>();
  const { q, service, severity, trend } = { q: get('q'), service: get('service'), severity: get('severity'), trend: get('trend') };
  const logging = { tenant_id: tenant, ...span.range, limit: 1000 };
  const services = useApi<PatternServiceList>('/api/v1/patterns/services', logging, { wait: span.isWaiting });
  const choose = (field: string) => (value: string | undefined) => set({ [field]: value }, { push: true });
  const known = services.data?.items.map(({ service: name, resource }) => [name, resource] as const) ?? [];
  const own = service === undefined ? undefined : (known.find(([name, urn]) => name === service || urn === service)?.[0] ?? service);
  const names = [...new Set([...(own === undefined ? [] : [own]), ...known.map(([name]) => name)])].sort();
  const isFiltered = [q, service, severity, trend].some((value) => value !== undefined);
  const shown = { tenant, range: span.range, isWaiting: span.isWaiting, onAnswer: setRanged };
  return (
    <>
      <div className="filters">
        <TextFilter label="Text" placeholder="part of a template" value={q} onChange={(text) => set({ q: text })} />
        <Choice label="Service" value={own} options={names.map((name) => [name, name])} onChoose={choose('service')} />
        <Choice label="Severity" value={severity} options={severities} onChoose={choose('severity')} />
        <Choice label="Trend" value={trend} options={trends} onChoose={choose('trend')} />
        <SpanChoice {...span} answered={ranged} />
      </div>
      {isFiltered ? <FoundPatterns {...shown} {...{ q, service, severity, trend }} /> : <PatternSummary {...shown} />}
    </>
  );
}
