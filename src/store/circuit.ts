import type { Tx } from './db.ts';
import type { Lane } from './schedule.ts';

/** When a circuit opens, and how long it waits. */
export interface CircuitPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Pause before the first probe; each further one waits twice as long, up to `longestPauseSeconds`. */
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
}

/** Counts a failure of the lane: the circuit opens after enough of them in a row, and at once when its probe failed. */
export async function countFailure(tx: Tx, lane: Lane, reason: string, policy: CircuitPolicy): Promise<void> {
  await tx.query(
    `insert into etl_job_circuit as c (job, tenant_id, failures, reason, state, opened_at, next_probe_at)
     select $1, $2, 1, $3, case when $4 <= 1 then 'open' else 'closed' end, case when $4 <= 1 then now() end, case when $4 <= 1 then now() + make_interval(secs => $5) end
     on conflict (job, tenant_id) do update set failures = c.failures + 1, reason = excluded.reason, updated_at = now(), probe_by = null, probe_run_id = null,
       state = case when c.failures + 1 >= $4 then 'open' else c.state end,
       opened_at = case when c.failures + 1 >= $4 then coalesce(c.opened_at, now()) end,
       next_probe_at = case when c.failures + 1 >= $4 then now() + make_interval(secs => least($6, $5 * power(2, least(c.failures + 1 - $4, 30)))) end`,
    [lane.job, lane.tenantId, reason, policy.failures, policy.pauseSeconds, policy.longestPauseSeconds],
  );
}

/** Closes the circuit of the lane and forgets its failures. */
export async function closeCircuit(tx: Tx, lane: Lane): Promise<void> {
  await tx.query(
    `update etl_job_circuit set state = 'closed', failures = 0, opened_at = null, next_probe_at = null, probe_by = null, probe_run_id = null, reason = null, updated_at = now()
     where job = $1 and tenant_id = $2 and (failures > 0 or state <> 'closed')`,
    [lane.job, lane.tenantId],
  );
}

/** Opens half open circuits again whose probe is no longer running, so that another worker may probe at once. */
export async function reopenAbandonedProbes(tx: Tx): Promise<void> {
  await tx.query(
    `update etl_job_circuit c set state = 'open', next_probe_at = now(), probe_by = null, probe_run_id = null, updated_at = now()
     where c.state = 'half_open' and not exists (select from etl_job_run r where r.id = c.probe_run_id and r.status = 'running')`,
  );
}
