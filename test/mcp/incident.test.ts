import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
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
`;

const urn = (service: string): string => `urn:k8s:svc:train-ticket/${service}`;
const FIFTY_MINUTES = { at: '2023-01-30T12:40:00Z', span_seconds: 3000 };
const HALF_HOUR = { from: '2023-01-30T12:10:00Z', to: '2023-01-30T12:40:00Z' };

type Content = ReturnType<JSON['parse']>;
interface Incident {
  readonly question: string;
  readonly tool: string;
  readonly args: object;
  check(content: Content): void;
}

const INCIDENTS: readonly Incident[] = [
  {
    question: 'What changed in the five minutes before ts-contacts-service slowed at 11:51?',
    tool: 'what_changed',
    args: { resource: 'ts-contacts-service', from: '2023-01-30T11:46:00Z', to: '2023-01-30T11:51:00Z' },
    check({ changes, hint }) {
      expect(changes).toHaveLength(13);
      expect(changes.map(({ kind }: Content) => kind)).toEqual(Array(13).fill('pattern_new'));
      expect(changes.at(-1)).toMatchObject({
        ...{ at: '2023-01-30T11:50:55.654078Z', hops: 1, details: { severity: 'error' } },
        text: expect.stringContaining('java.lang.IllegalStateException: No instances available for <*>'),
      });
      expect(hint).toContain('no log lines before this range');
    },
  },
  {
    question: 'Who suffers when ts-order-service fails?',
    tool: 'blast_radius',
    args: { resource: 'ts-order-service', ...FIFTY_MINUTES },
    check({ callers }) {
      expect(callers).toHaveLength(11);
      expect(callers[0]).toMatchObject({ urn: urn('ts-seat-service'), hops: 1, affected_rps: expect.closeTo(866 / 3000, 6) });
    },
  },
  {
    question: 'Which error came first?',
    tool: 'new_patterns',
    args: { severity: 'error', from: '2023-01-30T11:50:00Z', to: '2023-01-30T12:40:00Z' },
    check({ patterns }) {
      const [first] = patterns.toSorted((a: Content, b: Content) => (a.first_seen < b.first_seen ? -1 : 1));
      expect(first).toMatchObject({ first_seen: '2023-01-30T11:50:55.654078Z', severity: 'error', trend: 'new' });
      expect(first.template).toContain('No instances available for <*>');
    },
  },
  {
    question: 'Show me the lines.',
    tool: 'raw_evidence',
    args: { resource: 'ts-food-service', type: 'logs', from: '2023-01-30T11:50:00Z', to: '2023-01-30T11:55:00Z', limit: 3 },
    check({ rows, provenance }) {
      expect(rows).toHaveLength(3);
      for (const row of rows) expect(row).toMatchObject({ service_name: 'ts-food-service', body: expect.stringMatching(/^19:5\d:\d\d/) });
      expect(provenance.read[0]).toMatchObject({ source_type: 'openobserve_files', stream: 'default' });
    },
  },
  {
    question: 'How is the slowest service?',
    tool: 'service_health',
    args: { order_by: 'p95_ms', limit: 1, ...HALF_HOUR },
    check({ services, truncated }) {
      expect(services).toMatchObject([{ name: 'ts-auth-service', calls: 47, baseline_calls: 49, worse: ['p95_ms'] }]);
      expect(services[0].p95_ms).toBeGreaterThan(2000);
      expect(truncated).toBe(true);
    },
  },
  {
    question: 'How do calls come from the gateway to the prices?',
    tool: 'path',
    args: { src: 'ts-gateway-service', dst: 'ts-price-service', limit: 2, ...FIFTY_MINUTES },
    check({ paths }) {
      const ways = ['ts-travel2-service', 'ts-travel-service'].map((service) => [
        ...['ts-gateway-service', service, 'ts-basic-service', 'ts-price-service'].map(urn),
      ]);
      expect(paths.map(({ urns }: Content) => urns).toSorted()).toEqual(ways.toSorted());
    },
  },
  {
    question: 'Which calls does nothing declare?',
    tool: 'drift',
    args: { limit: 500 },
    check({ drift, windows_with_data }) {
      expect(windows_with_data).toBe(9);
      expect(drift).toContainEqual(
        expect.objectContaining({
          ...{ drift: 'observed_not_declared', src_urn: urn('ts-seat-service'), dst_urn: urn('ts-order-service'), calls: 866 },
        }),
      );
    },
  },
  {
    question: 'Whom does ts-preserve-service call?',
    tool: 'neighbors',
    args: { resource: 'ts-preserve-service', direction: 'out', ...FIFTY_MINUTES },
    check({ edges }) {
      expect(edges.map(({ dst_urn }: Content) => dst_urn).toSorted()).toEqual(
        ['assurance', 'basic', 'contacts', 'food', 'order', 'seat', 'security', 'travel', 'user'].map((name) => urn(`ts-${name}-service`)),
      );
      expect(edges).toContainEqual(expect.objectContaining({ dst_urn: urn('ts-contacts-service'), calls: 65, err_rate: 0 }));
    },
  },
  {
    question: 'What did the machine of ts-contacts-service do around the fault?',
    tool: 'service_health',
    args: { resource: 'ts-contacts-service', from: '2023-01-30T11:55:00Z', to: '2023-01-30T12:00:00Z' },
    check({ metrics }) {
      expect(metrics).toHaveLength(5);
      const [latency, cpu] = metrics;
      expect(latency).toMatchObject({ metric: 'istio_server_latency_p95_seconds', peak_at: '2023-01-30T11:58:00Z', baseline_max: 0.02425 });
      expect(latency.max).toBeCloseTo(0.4);
      expect(cpu).toMatchObject({ metric: 'k8s_pod_cpu_usage_millicores', peak_at: '2023-01-30T11:59:00Z' });
      expect(cpu.max).toBeCloseTo(12.096, 3);
    },
  },
  {
    question: 'What does the runbook say?',
    tool: 'search_knowledge',
    args: { question: 'slow contacts', resource: 'ts-contacts-service' },
    check({ passages }) {
      expect(passages).toMatchObject([{ title: 'Slow contacts', content: expect.stringContaining('connection pool') }]);
    },
  },
];

async function answerAll(client: Client): Promise<void> {
  expect(INCIDENTS).toHaveLength(10);
  for (const { question, tool, args, check } of INCIDENTS) {
    const { isError, content, text } = await callTool(client, tool, args);
    expect(isError, `${question} ${text}`).toBe(false);
    expect(content, question).toMatchObject({ tenant_id: 'shop', as_of: expect.any(String), summary: expect.any(String), provenance: {} });
    check(content);
  }
}

describe.skipIf(reason !== '')(`an agent with real telemetry${reason}`, () => {
  it('answers ten questions of an incident over standard input and output, and over HTTP', async () => {
    await using directory = await makeDirectory();
    const port = await freePort();
    const file = join(directory.path, 'observebridge.yaml');
    await writeFile(file, configFor(port));
    await writeFile(
      join(directory.path, 'runbook.md'),
      '# Slow contacts\n\nWhen ts-contacts-service is slow, look at its connection pool.\n',
    );
    const range = ['--from', '2023-01-30T11:50:00Z', '--to', '2023-01-30T12:40:00Z'];
    expect(await callCli(directory.path, ['run', 'oo-agg', '--tenant', 'shop', ...range])).toMatchObject({ exitCode: 0 });
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
  }, 240_000);
});
