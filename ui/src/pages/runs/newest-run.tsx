import { Link } from 'wouter';
import type { Query } from '../../api/ask.ts';
import type { RunList } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { formatWindow, toIso, toMs } from '../../text/format.ts';

const MINUTE = 60_000;

/** Leads to the time of the newest run that matches; nothing where there is none at all. */
export function NewestRun({ query, span = '1h' }: { readonly query: Query; readonly span?: string | undefined }) {
  const toPage = useToPage();
  const [run] = useApi<RunList>('/api/v1/runs', { ...query, limit: 1 }).data?.items ?? [];
  if (run === undefined) return 'No window of this choice has ever run. Take a filter away, or start a backfill.';
  const { job, tenant_id, window_from, window_to } = run;
  const { tenant_id: tenant, ...filters } = query;
  const to = toIso(Math.ceil((toMs(window_to) + MINUTE) / (5 * MINUTE)) * 5 * MINUTE);
  const address = Object.entries({ ...filters, tenant, span, to }).map(([name, value]) => [name, value?.toString()]);
  return (
    <>
      <Link href={toPage('/runs', Object.fromEntries(address))}>Go to the newest run</Link>: {job} of {formatTenant(tenant_id)},{' '}
      {formatWindow(window_from, window_to)}.
    </>
  );
}
