import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadEvidence } from '../../src/api/deps.ts';
import { formatTime, HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { createEvidenceReader } from '../../src/jobs/evidence-reader.ts';
import { createTopologyJob, type TopologyJobName } from '../../src/jobs/topology/topology.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Db } from '../../src/store/db.ts';
import { createPipeline, TENANT } from '../jobs/pipeline.ts';
import { runWindows } from './run-windows.ts';

const shared = join(import.meta.dirname, '../../../shared/data');
/** All of that telemetry: 145 windows of a minute. */
export const trainTicketRange: Window = { from: parseTime('2023-01-30T11:50:00Z') ?? 0, to: parseTime('2023-01-30T14:15:00Z') ?? 0 };

const directory = join(shared, 'openobserve');
/** Whether the telemetry of a real system is beside the checkout, in `../shared/data/openobserve`. */
export const hasTrainTicket = existsSync(directory);

/** A filled database and what reads its raw lines. */
export interface TrainTicket extends AsyncDisposable {
  readonly readEvidence: ReadEvidence;
}

/**
 * Fills a database with the windows of a range of a real system as tenant `shop`, and with what documents of other systems declared two hours and
 * one hour before its end: then one service needs another store, and an inventory is there too. Raw lines are read until it is disposed.
 */
export async function fillTrainTicket(db: Db, range: Window = trainTicketRange): Promise<TrainTicket> {
  const stack = new AsyncDisposableStack();
  const source = stack.use(
    createOpenObserveFilesSource(
      {
        ...{ type: 'openobserve_files', root: `${directory}/stream`, organization: 'default' },
        file_list: `sqlite:${directory}/db/metadata.sqlite`,
      },
      { now: () => range.to },
    ),
  );
  const { run } = await createPipeline(db, source);
  const failed = (await run(range)).find(({ error }) => error !== undefined);
  if (failed?.error) throw failed.error;
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', $1, '1 minute', '2 minutes', '1 hour', 60)`,
    [TENANT],
  );
  await db.query(
    `insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', $1, $2)
     on conflict (job, tenant_id) do update set watermark = excluded.watermark`,
    [TENANT, formatTime(range.to)],
  );
  await readDocuments(db, range.to);
  const spill = await mkdtemp(join(tmpdir(), 'observebridge-evidence-'));
  stack.defer(() => rm(spill, { recursive: true, force: true }));
  return {
    readEvidence: createEvidenceReader(async () => ({ source, type: 'openobserve_files' }), {
      directory,
      memoryLimit: '128MB',
      threads: 1,
    }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function readDocuments(db: Db, end: number): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'observebridge-documents-'));
  const boutique = join(place, 'online-boutique.yaml');
  const discover = async (job: TopologyJobName, now: number): Promise<void> => {
    const topology = {
      config: {
        iac: [{ type: 'files' as const, path: place, scope: 'boutique' }],
        ansible: [{ path: join(shared, 'topology/ansible/lamp_haproxy'), scope: 'lamp' }],
        close_limit: 1,
      },
      ...{ version: '1', now: () => now },
    };
    const [outcome] = await runWindows(db, {
      job: createTopologyJob(job, { tenantId: TENANT, db, topology }),
      ...{ tenantId: TENANT, windows: [{ from: now - 15 * MINUTE, to: now }] },
    });
    if (outcome?.error) throw outcome.error;
  };
  try {
    await cp(join(shared, 'topology/kubernetes/online-boutique.yaml'), boutique);
    await discover('topo-iac', end - 2 * HOUR);
    const first = await readFile(boutique, 'utf8');
    await writeFile(boutique, first.replace('redis-cart:6379', 'valkey-cart:6379'));
    await discover('topo-iac', end - HOUR);
    await discover('topo-ansible', end - HOUR);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
