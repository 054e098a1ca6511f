import { Link } from 'wouter';
import type { CircuitList, Run } from '../../api/types.ts';
import { useToPage } from '../../frame/address.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { count } from '../../text/format.ts';

interface CircuitsPanelProps {
  readonly circuits: CircuitList;
  readonly tenant: string | undefined;
  /** Windows that failed for good in the last day. */
  readonly dead: readonly Run[];
}

/** Breakers that have stopped a job of a tenant, or are trying it, and how many windows failed for good. */
export function CircuitsPanel({ circuits, tenant, dead }: CircuitsPanelProps) {
  const toPage = useToPage();
  const open = circuits.items.filter(({ state, tenant_id }) => state !== 'closed' && (tenant === undefined || tenant_id === tenant));
  return (
    <section className="panel" aria-labelledby="circuits-title">
      <h2 id="circuits-title">Breakers and failures</h2>
      {open.length === 0 ? (
        <p className="quiet">None is open: no job has been stopped by repeated failures.</p>
      ) : (
        <Table
          caption="Open breakers"
          rows={open}
          rowKey={({ job, tenant_id }) => `${job} ${tenant_id}`}
          columns={[
            { title: 'Job', cell: ({ job }) => <span className="nowrap">{job}</span> },
            { title: 'Tenant', cell: ({ tenant_id }) => tenant_id },
            { title: 'State', cell: ({ state }) => (state === 'open' ? 'open: waits' : 'half-open: one try runs') },
            { title: 'Failures', isNumber: true, isMinor: true, cell: ({ failures }) => failures },
            { title: 'Next try', cell: ({ next_probe_at }) => <Time at={next_probe_at} asOf={circuits.as_of} /> },
            { title: 'Reason', cell: ({ reason }) => reason ?? '–' },
          ]}
        />
      )}
      {dead.length > 0 && (
        <p>
          <Link href={toPage('/runs', { status: 'dead', span: '24h' })}>{count(dead.length, 'window')} failed for good</Link> in the last
          day. Retry them once the reason is gone.
        </p>
      )}
    </section>
  );
}
