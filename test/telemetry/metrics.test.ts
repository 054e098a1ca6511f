import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createMetrics, type Gauges } from '../../src/telemetry/metrics.ts';

const gauges: Gauges = {
  lags: [{ job: 'oo-agg', tenant_id: 'a', lag_seconds: 61.5 }],
  queue: [{ job: 'oo-agg', status: 'queued', runs: 3 }],
  circuits: [
    { job: 'oo-agg', tenant_id: 'a', state: 'half_open' },
    { job: 'oo-agg', tenant_id: 'b', state: 'open' },
  ],
  tables: [{ table: 'etl_job_run', bytes: 8192 }],
};

async function fill(): Promise<string> {
  const metrics = createMetrics();
  metrics.runsEnded('oo-agg', 'success', 2);
  metrics.runsEnded('oo-agg', 'success', 1);
  metrics.runsRetried('oo-agg', 1);
  metrics.rowsRead('oo-agg', { logs: 5000, spans: 0 });
  metrics.linesCoarsened('oo-agg', 3);
  metrics.rowsWritten('oo-agg', { metric_1m: 7 });
  metrics.stageTook('oo-agg', 'read', 250);
  metrics.leasesLost('oo-agg', 1);
  metrics.rowsPruned('etl_job_run', 10);
  metrics.pruneFailed();
  metrics.setGauges(gauges);
  return metrics.text();
}

const promtool = spawnSync('promtool', ['--version']).error === undefined;

describe('the metrics', () => {
  it('show what happened', async () => {
    const lines = (await fill()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'runs_total{job="oo-agg",status="success"} 3',
        'run_retries_total{job="oo-agg"} 1',
        'rows_read_total{job="oo-agg",signal="logs"} 5000',
        'lines_coarsened_total{job="oo-agg"} 3',
        'rows_written_total{job="oo-agg",table="metric_1m"} 7',
        'stage_duration_seconds_sum{job="oo-agg",stage="read"} 0.25',
        'stage_duration_seconds_bucket{le="0.1",job="oo-agg",stage="read"} 0',
        'stage_duration_seconds_bucket{le="0.25",job="oo-agg",stage="read"} 1',
        'leases_lost_total{job="oo-agg"} 1',
        'pruned_rows_total{table="etl_job_run"} 10',
        'prune_failures_total 1',
        'window_lag_seconds{job="oo-agg",tenant="a"} 61.5',
        'queue_depth{job="oo-agg",status="queued"} 3',
        'circuit_state{job="oo-agg",tenant="a"} 1',
        'circuit_state{job="oo-agg",tenant="b"} 2',
        'table_size_bytes{table="etl_job_run"} 8192',
      ]),
    );
  });

  it('forget a gauge whose row is gone', async () => {
    const metrics = createMetrics();
    metrics.setGauges(gauges);
    metrics.setGauges({ lags: [], queue: [], circuits: [], tables: [] });
    expect(await metrics.text()).not.toMatch(/^(window_lag_seconds|queue_depth|circuit_state|table_size_bytes)\{/m);
  });

  it('have help, base units, and `_total` on counters alone', async () => {
    const text = await fill();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }));
    expect(types.length).toBeGreaterThan(20);
    for (const { name, type } of types) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name, 'lower snake case').toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name, 'base units').not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|percent)(_|$)/);
      expect(name, 'no type in the name').not.toMatch(/counter|gauge|histogram|summary/);
    }
  });

  it('carry only labels of few values', async () => {
    const own = (await fill()).split('\n').filter((line) => !/^(#|process_|nodejs_|$)/.test(line));
    expect(own.length).toBeGreaterThan(10);
    const labels = new Set(own.flatMap((line) => [...line.matchAll(/[{,]([a-z_]+)=/g)].map(([, label]) => label)));
    expect([...labels].sort()).toEqual(['job', 'le', 'signal', 'stage', 'status', 'table', 'tenant']);
  });

  it.skipIf(!promtool)(`pass promtool check metrics${promtool ? '' : ' (skipped: no promtool here)'}`, async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await fill(), encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });
});
