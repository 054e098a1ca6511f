import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TENANTS = 100;
const PORT = 5299;
const WARM_UP_SECONDS = 120;
const MEASURED_SECONDS = 300;
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The greatest `window_lag_seconds` of 100 generated tenants that one process looks after on the embedded database, under steady load. */
export async function benchLag(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-bench-'));
  const tenants = Array.from({ length: TENANTS }, (_, index) => `  - { id: tenant-${index}, source: { type: mock, seed: ${index} } }`);
  const config = `database: { url: "pglite:./db" }\napi: { port: ${PORT} }\njobs: { oo-agg: { initial_lookback: 3m } }\ntenants:\n${tenants.join('\n')}\n`;
  await writeFile(join(directory, 'observebridge.yaml'), config);
  const service = spawn(process.execPath, [MAIN, 'up'], { cwd: directory, stdio: 'ignore' });
  try {
    await sleep(WARM_UP_SECONDS * 1000);
    const lags: number[] = [];
    const until = performance.now() + MEASURED_SECONDS * 1000;
    while (performance.now() < until) {
      lags.push(...(await readLags()));
      await sleep(2_000);
    }
    const sorted = lags.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
    return [
      `lag: ${TENANTS} tenants of 5000 logs, 500 points, 1000 spans a minute; window_lag_seconds median ${at(0.5)}, p99 ${at(0.99)}, greatest ${at(1)} over ${MEASURED_SECONDS} s (bar < 180: delay 2 m + align 1 m)`,
    ];
  } finally {
    service.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

async function readLags(): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${PORT}/metrics`)).text();
  return [...text.matchAll(/^window_lag_seconds\{job="oo-agg",[^}]*\} (\S+)$/gm)].map(([, value]) => Number(value));
}
