import type { CircuitList } from '../../api/types.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';

/** Breakers that have stopped a job of a tenant, or are trying it. */
export function CircuitsPanel({ circuits }: { readonly circuits: CircuitList }) {
  const open = circuits.items.filter(({ state }) => state !== 'closed');
  return (
    <section className="panel" aria-labelledby="circuits-title">
      <h2 id="circuits-title">Breakers</h2>
      {open.length === 0 ? (
        <p className="quiet">None is open: no job has been stopped by repeated failures.</p>
      ) : (
        <Table
          caption="Open breakers"
          rows={open}
          rowKey={({ job, tenant_id }) => `${job} ${tenant_id}`}
          columns={[
            { title: 'Job', cell: ({ job }) => job },
            { title: 'Tenant', cell: ({ tenant_id }) => tenant_id },
            { title: 'State', cell: ({ state }) => (state === 'open' ? 'open: waits' : 'half-open: one try runs') },
            { title: 'Failures', isNumber: true, cell: ({ failures }) => failures },
            { title: 'Next try', cell: ({ next_probe_at }) => <Time at={next_probe_at} asOf={circuits.as_of} /> },
            { title: 'Reason', cell: ({ reason }) => reason ?? '–' },
          ]}
        />
      )}
    </section>
  );
}
