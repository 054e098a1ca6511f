import { formatTime, type Micros } from '../core/time.ts';
import type { Queryable, Tx } from './db.ts';

/** One configured place of a tenant's topology, and the job that looks at it. */
export interface InputKey {
  readonly tenantId: string;
  readonly job: string;
  readonly input: string;
}

/** The hash of what the place held when it was last read and understood whole; undefined when it must be read. */
export async function getFingerprint(db: Queryable, { tenantId, job, input }: InputKey): Promise<string | undefined> {
  const [row] = await db.query<{ fingerprint: string | null }>(
    'select fingerprint from topo_input where tenant_id = $1 and job = $2 and input = $3',
    [tenantId, job, input],
  );
  return row?.fingerprint ?? undefined;
}

/** Notes that the place was looked at and what it held; without a fingerprint it is read again next time. */
export async function writeInput(tx: Tx, { tenantId, job, input }: InputKey, fingerprint: string | undefined, at: Micros): Promise<void> {
  await tx.query(
    `insert into topo_input (tenant_id, job, input, fingerprint, checked_at) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, job, input) do update set fingerprint = excluded.fingerprint, checked_at = excluded.checked_at`,
    [tenantId, job, input, fingerprint ?? null, formatTime(at)],
  );
}

/** Forgets the places of a job that are no longer configured, and names them. */
export async function dropInputs(tx: Tx, { tenantId, job }: Omit<InputKey, 'input'>, configured: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ input: string }>(
    'delete from topo_input where tenant_id = $1 and job = $2 and input <> all ($3::text[]) returning input',
    [tenantId, job, configured],
  );
  return rows.map(({ input }) => input);
}
