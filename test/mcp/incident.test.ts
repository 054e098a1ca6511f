import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it } from 'vitest';
import { callCli, startCli } from '../e2e/cli-process.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { freePort } from '../support/databases.ts';
import { callTool, connectClient } from './world.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/openobserve');
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const reason = existsSync(DATA) ? '' : ` (skipped: no ${DATA})`;

const configFor = (port: number): string => `database: { url: "pglite:./db" }
api: { port: ${port} }
tenants:
  - id: shop
    source: { type: openobserve_files, root: ${DATA}/stream, file_list: "sqlite:${DATA}/db/metadata.sqlite" }
    topology: { iac: [ { type: files, path: declared } ] }
`;

const urn = (service: string): string => `urn:k8s:svc:train-ticket/${service}`;
const WHOLE = { from: '2023-01-30T11:50:00Z', to: '2023-01-30T14:15:00Z' };
const FOLLOWING = { from: '2023-01-30T13:30:00Z', to: '2023-01-30T14:15:00Z' };
const WHOLE_VIEW = { at: WHOLE.to, span_seconds: 8700 };
/** Fingerprint of "No instances available for …". */
const NO_INSTANCES = '67c1d6c39016d425';

type Content = ReturnType<JSON['parse']>;
interface Question {
  readonly tool: string;
  readonly args: object;
  /** The structured content, or the text of an error. */
  check(content: Content, text: string): void;
}

const refused =
  (...sentences: string[]) =>
  (content: Content, text: string): void => {
    expect(content).toBeUndefined();
    for (const sentence of sentences) expect(text).toContain(sentence);
  };

/** Figures are those of the raw rows, found by other means: DuckDB over the objects, and the expected calls beside the data. */
const INCIDENTS: Readonly<Record<string, readonly Question[]>> = {
  'What changed in the five minutes before ts-contacts-service slowed at 11:51?': [
    {
      tool: 'what_changed',
      args: { resource: 'ts-contacts-service', from: '2023-01-30T11:46:00Z', to: '2023-01-30T11:51:00Z' },
      check({ changes, hint, truncated }) {
        expect(changes.map(({ kind }: Content) => kind)).toEqual(['edge_opened', 'edge_opened', ...Array(13).fill('pattern_new')]);
        expect(truncated).toBe(false);
        expect(changes[0]).toMatchObject({ hops: 0, evidence: { source: 'kubernetes', evidence: { file: 'shop.yaml' } } });
        expect(changes[2]).toMatchObject({
          ...{ kind: 'pattern_new', at: '2023-01-30T11:50:55.654078Z', hops: 1, details: { severity: 'error' } },
          ...{ text: expect.stringContaining('No instances available for <*>'), evidence: { fingerprint: NO_INSTANCES } },
        });
        expect(hint).toContain('no log lines before this range');
      },
    },
    {
      tool: 'service_health',
      args: { resource: 'ts-contacts-service', from: '2023-01-30T11:55:00Z', to: '2023-01-30T12:00:00Z' },
      check({ metrics }) {
        const [latency, cpu] = metrics;
        expect(metrics).toHaveLength(5);
        expect(latency).toMatchObject({ metric: 'istio_server_latency_p95_seconds', max: 0.4, peak_at: '2023-01-30T11:58:00Z' });
        expect(cpu).toMatchObject({ metric: 'k8s_pod_cpu_usage_millicores', max: 12.1, peak_at: '2023-01-30T11:59:00Z' });
      },
    },
  ],
  'Which services slowed most between 13:00 and 13:30, and what do they have in common?': [
    {
      tool: 'service_health',
      args: { order_by: 'slowed', from: '2023-01-30T13:00:00Z', to: '2023-01-30T13:30:00Z' },
      check({ services, shared_callees }) {
        const slowed = services.filter(({ worse }: Content) => worse.includes('p95_ms'));
        expect(slowed.map(({ name }: Content) => name)).toEqual(['ts-food-service', 'ts-travel-service', 'ts-preserve-service']);
        for (const [index, [p95, before]] of [
          [2087.1, 331.1],
          [1104.7, 710.9],
          [4013.9, 2618.9],
        ].entries()) {
          expect(slowed[index].p95_ms / (p95 ?? 0)).toBeCloseTo(1, 1.9);
          expect(slowed[index].baseline_p95_ms / (before ?? 0)).toBeCloseTo(1, 1.9);
        }
        expect(shared_callees.slice(0, 2)).toEqual([
          expect.objectContaining({ urn: urn('ts-travel-service'), callers: 2, worse: ['p95_ms'] }),
          expect.objectContaining({ urn: urn('ts-basic-service'), callers: 2, worse: ['error_lines'] }),
        ]);
      },
    },
    {
      tool: 'what_changed',
      args: { kind: 'edge_moved', from: '2023-01-30T13:00:00Z', to: '2023-01-30T13:30:00Z' },
      check({ changes }) {
        const slower = changes.filter(({ text }: Content) => text === 'p95_ms up').map(({ urns }: Content) => urns);
        expect(slower).toEqual([
          ['ts-food-service', 'ts-travel-service'].map(urn),
          ['ts-gateway-service', 'ts-food-service'].map(urn),
          ['ts-travel2-service', 'ts-seat-service'].map(urn),
          ['ts-gateway-service', 'ts-travel-service'].map(urn),
          ['ts-gateway-service', 'ts-preserve-service'].map(urn),
        ]);
      },
    },
  ],
  'Is it safe to restart ts-order-service?': [
    {
      tool: 'blast_radius',
      args: { resource: 'ts-order-service' },
      check({ callers, summary }) {
        expect(callers).toHaveLength(11);
        expect(callers[0]).toMatchObject({ urn: urn('ts-seat-service'), hops: 1, affected_rps: 0.295 });
        expect(summary).toContain('from 2023-01-30T14:05:00Z to 2023-01-30T14:15:00Z');
      },
    },
  ],
  'Which error is new after 13:30, and what are its lines?': [
    {
      tool: 'new_patterns',
      args: { severity: 'error', ...FOLLOWING },
      check({ patterns, hint }) {
        expect(patterns).toEqual([]);
        expect(hint).toContain('10 patterns are as frequent as before');
      },
    },
    {
      tool: 'new_patterns',
      args: { severity: 'error', from: '2023-01-30T13:15:00Z', to: '2023-01-30T14:15:00Z' },
      check({ patterns }) {
        expect(patterns).toMatchObject([{ service: 'ts-basic-service', trend: 'surging', fingerprint: NO_INSTANCES, errors: 50 }]);
      },
    },
    {
      tool: 'raw_evidence',
      args: { fingerprint: NO_INSTANCES, resource: 'ts-basic-service', ...FOLLOWING, limit: 100 },
      check({ rows, truncated, provenance }) {
        expect(truncated).toBe(false);
        expect(rows).toHaveLength(13);
        expect([rows[0].time, rows.at(-1).time]).toEqual(['2023-01-30T13:54:46.122406Z', '2023-01-30T13:54:21.582618Z']);
        for (const row of rows)
          expect(row).toMatchObject({ service_name: 'ts-basic-service', body: expect.stringContaining('No instances available for') });
        expect(provenance).toMatchObject({ source_type: 'openobserve_files' });
      },
    },
  ],
  'Is anything declared and not seen?': [
    {
      tool: 'drift',
      args: {},
      check({ drift, windows_with_data, summary }) {
        expect(windows_with_data).toBe(27);
        expect(summary).toContain('1 edges are declared and not observed, 54 observed and not declared');
        expect(drift[0]).toMatchObject({
          drift: 'declared_not_observed',
          dst_urn: urn('ts-voucher-service'),
          src_windows: 24,
          dst_windows: 0,
        });
        expect(drift[1]).toMatchObject({ src_urn: urn('ts-gateway-service'), dst_urn: urn('ts-preserve-service'), calls: 185 });
      },
    },
    {
      tool: 'topology_at',
      args: { at: WHOLE.to, resource: 'ts-contacts-service' },
      check({ edges }) {
        expect(edges).toMatchObject([
          {
            src_urn: urn('ts-preserve-service'),
            declared_by: [{ source: 'kubernetes', evidence: expect.stringMatching(/^shop\.yaml:15 /) }],
          },
        ]);
      },
    },
  ],
  'Who calls ts-basic-service, and how slow was it at the worst?': [
    {
      tool: 'neighbors',
      args: { resource: 'ts-basic-service', direction: 'in', ...WHOLE_VIEW },
      check({ edges }) {
        expect(edges.map(({ src_urn, calls }: Content) => [src_urn, calls])).toEqual([
          ...[
            [urn('ts-travel-service'), 772],
            [urn('ts-travel2-service'), 715],
          ],
          ...[
            [urn('ts-preserve-service'), 164],
            [urn('ts-preserve-other-service'), 122],
          ],
        ]);
        expect(edges[1].worst_p95_ms / 7230.9).toBeCloseTo(1, 1.9);
      },
    },
    {
      tool: 'service_health',
      args: { resource: 'ts-basic-service', ...WHOLE },
      check({ metrics, calls_over_time }) {
        expect(metrics[0]).toMatchObject({ metric: 'istio_server_latency_p95_seconds', max: 9.125, peak_at: '2023-01-30T13:45:00Z' });
        const worst = calls_over_time.toSorted((a: Content, b: Content) => b.p95_ms - a.p95_ms)[0];
        expect(worst).toMatchObject({ time: '2023-01-30T13:50:00Z', calls: 68, approximate: false });
      },
    },
  ],
  'What does the runbook say about ts-contacts-service?': [
    {
      tool: 'search_knowledge',
      args: { question: 'slow contacts', resource: 'ts-contacts-service' },
      check({ passages }) {
        expect(passages).toMatchObject([{ title: 'Slow contacts', content: expect.stringContaining('connection pool') }]);
      },
    },
  ],
  'How do calls come from the gateway to the prices, and what does nothing else answer?': [
    {
      tool: 'path',
      args: { src: 'ts-gateway-service', dst: 'ts-price-service', limit: 2, ...WHOLE_VIEW },
      check({ paths }) {
        const ways = ['ts-travel2-service', 'ts-travel-service'].map((service) =>
          ['ts-gateway-service', service, 'ts-basic-service', 'ts-price-service'].map(urn),
        );
        expect(paths.map(({ urns }: Content) => urns).toSorted()).toEqual(ways.toSorted());
      },
    },
    {
      tool: 'sql',
      args: {
        statement: 'select sum(calls)::int as calls, count(distinct (src_resource_id, dst_resource_id))::int as edges from service_call_5m',
      },
      check({ rows }) {
        expect(rows).toEqual([{ calls: 28_108, edges: 55 }]);
      },
    },
  ],
  'What if the names are wrong?': [
    {
      tool: 'service_health',
      args: { resource: 'ts-ordr-service' },
      check: refused('Most like it are urn:k8s:svc:train-ticket/ts-order-service'),
    },
    { tool: 'service_health', args: { tenant_id: 'store' }, check: refused('There is no tenant store. There are shop.') },
    {
      tool: 'sql',
      args: { statement: 'select p95 from service_call_5m' },
      check: refused('service_call_5m has tenant_id, bucket', 'p95_ms'),
    },
    { tool: 'sql', args: { statement: 'select 1 from service_calls' }, check: refused('does not exist. There are dim_resource') },
    {
      tool: 'raw_evidence',
      args: { resource: 'ts-basic-service', type: 'metrics', stream: 'cpu', ...FOLLOWING },
      check: refused('it has some in istio_server_latency_p95_seconds, k8s_pod_cpu_usage_millicores'),
    },
  ],
  'What if the times are wrong?': [
    {
      tool: 'service_health',
      args: { from: '2024-01-30T13:00:00Z', to: '2024-01-30T14:00:00Z' },
      check({ services, hint }) {
        expect(services).toEqual([]);
        expect(hint).toContain('the tenant has calls from 2023-01-30T11:50:00Z to 2023-01-30T14:10:00Z');
      },
    },
    {
      tool: 'neighbors',
      args: { resource: 'ts-order-service', at: '2023-01-30T15:00:00Z' },
      check({ edges, hint }) {
        expect(edges).toEqual([]);
        expect(hint).toContain('the last before begin at 2023-01-30T14:10:00Z');
      },
    },
    { tool: 'drift', args: { from: '2023-01-30T13:00:00Z' }, check: refused('Give both `from` and `to`') },
    { tool: 'drift', args: { from: '2020-01-30T13:00:00Z', to: '2024-01-30T13:00:00Z' }, check: refused('longer than 400 days') },
    {
      tool: 'what_changed',
      args: WHOLE,
      check({ summary, truncated, hint }) {
        expect(summary).toContain('205 pattern_new');
        expect(truncated).toBe(true);
        expect(hint).toMatch(/Shown are the first \d+ of 30 changes, to be short; give `limit` for more\./);
      },
    },
  ],
};

/** A declaration of two dependencies, one of which nobody sees. */
const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ts-preserve-service
  namespace: train-ticket
spec:
  template:
    metadata:
      labels: { app: preserve }
    spec:
      containers:
        - name: server
          image: preserve
          env:
            - name: CONTACTS_SERVICE_ADDR
              value: ts-contacts-service:8080
            - name: VOUCHER_SERVICE_ADDR
              value: ts-voucher-service:8080
${['contacts', 'voucher']
  .map(
    (name) =>
      `---\napiVersion: v1\nkind: Service\nmetadata: { name: ts-${name}-service, namespace: train-ticket }\nspec: { selector: { app: ${name} } }`,
  )
  .join('\n')}
`;

async function answerAll(client: Client): Promise<void> {
  expect(Object.keys(INCIDENTS)).toHaveLength(10);
  for (const [incident, questions] of Object.entries(INCIDENTS)) {
    for (const { tool, args, check } of questions) {
      const { content, text } = await callTool(client, tool, args);
      const said = `${incident} ${tool}: ${text}`;
      if (content !== undefined) {
        expect(content, said).toMatchObject({ tenant_id: 'shop', as_of: expect.any(String), summary: expect.any(String), provenance: {} });
        if (!Object.hasOwn(args, 'limit')) expect(JSON.stringify(content).length, said).toBeLessThanOrEqual(8000);
      }
      try {
        check(content, text);
      } catch (error) {
        throw new Error(said, { cause: error });
      }
    }
  }
}

describe.skipIf(reason !== '')(`an agent with real telemetry${reason}`, () => {
  it('works ten incidents over standard input and output, and over HTTP', async () => {
    await using directory = await makeDirectory();
    const port = await freePort();
    const file = join(directory.path, 'observebridge.yaml');
    await writeFile(file, configFor(port));
    await writeFile(
      join(directory.path, 'runbook.md'),
      '# Slow contacts\n\nWhen ts-contacts-service is slow, look at its connection pool.\n',
    );
    await mkdir(join(directory.path, 'declared'));
    await writeFile(join(directory.path, 'declared', 'shop.yaml'), MANIFEST);
    const noon = new Date('2023-01-30T11:50:00Z');
    await utimes(join(directory.path, 'declared', 'shop.yaml'), noon, noon);
    await utimes(join(directory.path, 'declared'), noon, noon);
    const range = ['--from', WHOLE.from, '--to', WHOLE.to];
    expect(await callCli(directory.path, ['run', 'oo-agg', '--tenant', 'shop', ...range])).toMatchObject({ exitCode: 0 });
    expect(await callCli(directory.path, ['topo', 'discover', '--tenant', 'shop'])).toMatchObject({ exitCode: 0 });
    expect(await callCli(directory.path, ['knowledge', 'add', 'runbook.md', '--tenant', 'shop'])).toMatchObject({ exitCode: 0 });

    const args = [MAIN, 'mcp', '--config', file, '--tenant', 'shop'];
    const agent = await connectClient(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
    try {
      await answerAll(agent);
    } finally {
      await agent.close();
    }

    const up = startCli(directory.path, ['up', '--role', 'api']);
    try {
      await up.shows('Answers on');
      const remote = await connectClient(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as Transport);
      await answerAll(remote);
      await remote.close();
    } finally {
      up.process.kill('SIGTERM');
      await up.ended;
    }
  }, 300_000);
});
