import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { freePort, startServer, whyMissing } from '../support/databases.ts';
import { callCli, type Started, startCli } from './cli-process.ts';

const TINY = 'type: mock, logs_per_minute: 20, spans_per_minute: 20, metric_points_per_minute: 20';
const configFor = (url: string, port: number, tenants = ['shop']): string => `database: { url: "${url}" }
api: { port: ${port} }
runner: { lease: 5s }
tenants:
${tenants.map((tenant) => `  - { id: ${tenant}, source: { ${TINY} } }`).join('\n')}
jobs:
  oo-agg: { initial_lookback: 6m }
`;

interface Run {
  readonly id: number;
  readonly status: string;
  readonly attempt: number;
  readonly window_from: string;
  readonly window_to: string;
  readonly run_after: string;
  readonly run_ids: readonly string[];
}

const missing = whyMissing('postgres 18');
describe.skipIf(missing !== undefined)(`the service in three processes${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('runs by itself, is driven over HTTP, takes up tenants without a restart, and stops within its bound', async () => {
    await using directory = await makeDirectory();
    const server = await startServer('postgres 18');
    const processes: Started[] = [];
    try {
      await server.admin.query('create database service template migrated');
      const port = await freePort();
      const file = join(directory.path, 'observebridge.yaml');
      await writeFile(file, configFor(server.url('service'), port));
      const refused = await callCli(directory.path, ['up', '--role', 'api']);
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(OB_API_UNSAFE)') });

      const { stdout } = await callCli(directory.path, ['tokens', 'create', '--name', 'ops', '--role', 'operator', '-o', 'json']);
      const { token } = JSON.parse(stdout) as { token: string };
      const ask = async (path: string, body?: object, bearer = token): Promise<{ status: number; json: unknown }> => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: { authorization: `Bearer ${bearer}`, ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
        });
        return { status: answer.status, json: await answer.json() };
      };
      const runs = async (query: string): Promise<Run[]> => ((await ask(`/api/v1/runs?${query}`)).json as { items: Run[] }).items;
      for (const role of ['api', 'scheduler', 'worker']) processes.push(startCli(directory.path, ['up', '--role', role]));
      await processes[0]?.shows(`Answers on http://127.0.0.1:${port}`);
      await eventually(async () => expect(await runs('tenant_id=shop&job=oo-agg&status=success')).not.toEqual([]));
      expect((await ask('/readyz')).json).toMatchObject({ ready: true });
      expect((await ask('/api/v1/runs', undefined, 'ob_wrong')).status).toBe(401);

      const [done] = await runs('tenant_id=shop&job=oo-agg&status=success');
      const runId = '0F0F0F0F0F0F4F0F8F0F0F0F0F0F0F0F';
      const canonical = '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f';
      const replay = { job: 'oo-agg', tenant_id: 'shop', from: done?.window_from, to: done?.window_to, run_id: runId };
      expect(await ask('/events/enqueue', replay)).toMatchObject({
        status: 202,
        json: { run_id: canonical, outcome: 'accepted', queued: 1 },
      });
      await eventually(async () => {
        const [again] = await runs(`run_id=${canonical}`);
        expect(again).toMatchObject({ id: done?.id, status: 'success', run_ids: [canonical] });
        expect(again?.attempt).toBeGreaterThan(done?.attempt ?? 0);
      });

      const soon = Math.ceil((Date.now() * 1000 + HOUR) / MINUTE) * MINUTE;
      const iso = (time: number): string => new Date(time / 1000).toISOString();
      const future = { job: 'oo-agg', tenant_id: 'shop', from: iso(soon), to: iso(soon + MINUTE), run_id: canonical };
      expect(await ask('/events/enqueue', future)).toMatchObject({ status: 202, json: { outcome: 'accepted' } });
      const waiting = (await runs(`run_id=${canonical}&status=queued`)).find((run) => parseTime(run.window_from) === soon);
      expect(parseTime(waiting?.run_after ?? '')).toBe(soon + MINUTE + 2 * MINUTE);

      await using db = await openDatabase(server.url('service'));
      await db.query(`insert into dim_tenant (tenant_id, settings) values ('row', $1::jsonb)`, [
        JSON.stringify({ source: { type: 'mock', logs_per_minute: 20, spans_per_minute: 20, metric_points_per_minute: 20 } }),
      ]);
      await writeFile(file, configFor(server.url('service'), port, ['shop', 'late']));
      for (const tenant of ['row', 'late']) {
        await eventually(async () => expect(await runs(`tenant_id=${tenant}&job=oo-agg&status=success`)).not.toEqual([]));
      }

      const asked = performance.now();
      for (const { process } of processes) process.kill('SIGTERM');
      const endings = await Promise.all(processes.map(({ ended }) => ended));
      expect(
        endings.map(({ exitCode }) => exitCode),
        endings.map(({ stderr }) => stderr).join('\n'),
      ).toEqual([0, 0, 0]);
      expect(performance.now() - asked).toBeLessThan(10_000);
      expect(await db.query(`select status from etl_job_run where status = 'running'`)).toEqual([]);
    } finally {
      for (const { process } of processes) process.kill('SIGKILL');
      await server.stop();
    }
  }, 120_000);
});

function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 250 });
}
