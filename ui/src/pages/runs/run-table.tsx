import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Run } from '../../api/types.ts';
import { useApiList } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, More, Table } from '../../parts/table.tsx';
import { formatShort, formatWindow } from '../../text/format.ts';
import { describeTook } from './took.ts';

/** Rows that a run read, over all kinds; undefined before it has. */
export function toRowsRead({ stats }: Pick<Run, 'stats'>): number | undefined {
  const counts = Object.values(Object(stats.rows_read) as Record<string, number>);
  return counts.length === 0 ? undefined : counts.reduce((sum, rows) => sum + rows, 0);
}

/** Runs of one page of the list. */
export const RUNS = 25;

interface RunTableProps {
  readonly query: Readonly<Record<string, string | undefined>>;
  /** What to do where no run matches. */
  readonly advice: ReactNode;
}

/** Runs that match the query, newest window first. */
export function RunTable({ query, advice }: RunTableProps) {
  const toPage = useToPage();
  const runs = useApiList<Run>('/api/v1/runs', { ...query, limit: RUNS }, { every: 10, live: true });
  const columns: Column<Run>[] = [
    {
      title: 'Window',
      cell: ({ id, window_from, window_to }) => (
        <Link className="nowrap" href={toPage(`/runs/${id}`)}>
          {formatWindow(window_from, window_to)}
        </Link>
      ),
    },
    { title: 'Job', cell: ({ job }) => job },
    { title: 'Tenant', cell: ({ tenant_id }) => formatTenant(tenant_id) },
    { title: 'Status', cell: ({ status }) => <Status of={status} /> },
    { title: 'Rows read', isNumber: true, cell: (run) => formatRows(toRowsRead(run)) },
    { title: 'Read took', isNumber: true, isMinor: true, cell: (run) => describeTook(run) ?? '–' },
    { title: 'Attempt', isNumber: true, isMinor: true, cell: ({ attempt }) => attempt },
    { title: 'Trigger', isMinor: true, cell: ({ trigger }) => trigger },
    {
      title: 'Why',
      cell: ({ error_code, skip_reason, blocked_by }) => error_code ?? skip_reason ?? (blocked_by ? `waits for ${blocked_by}` : ''),
    },
  ];
  return (
    <Answer of={runs} what="runs" isEmpty={({ items }) => items.length === 0} empty={<Empty title="No run matches." advice={advice} />}>
      {({ items }) => (
        <>
          <Table caption="Runs, newest window first" columns={columns} rows={items} rowKey={({ id }) => id} />
          <More list={runs} />
        </>
      )}
    </Answer>
  );
}

const formatRows = (rows: number | undefined): string => (rows === undefined ? '–' : formatShort(rows));
