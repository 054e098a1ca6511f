import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { describeTools } from '../../src/mcp/describe-tools.ts';
import { createMcpServer, type McpDeps } from '../../src/mcp/server.ts';
import { serveStdio } from '../../src/mcp/stdio.ts';
import type { Access } from '../../src/store/api-token.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { describeDatabases } from '../support/databases.ts';
import { callTool, connectClient, createDeps, fillTenant } from './world.ts';

async function connect(deps: McpDeps, access: Partial<Access> = { tenants: ['a'] }): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createMcpServer(deps, { name: 'test', ...access }).connect(ours);
  return connectClient(theirs);
}

it('are described by the reference as they are', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/reference/mcp-tools.md'), 'utf8');
  expect(text).toBe(describeTools());
});

describeDatabases('tools of agents', ['pglite'], (make) => {
  it('say what is worse, what changed before and what proves it, from any name', { timeout: 120_000 }, async () => {
    const { db } = await make();
    await fillTenant(db, 'a');
    const client = await connect(createDeps(db));
    const ask = (name: string, args: object = {}) => callTool(client, name, args);
    const range = { from: '2026-01-01T10:30:00Z', to: '2026-01-01T11:00:00Z' };

    const health = await ask('service_health', { resource: '10.0.0.1', ...range });
    expect(health.content).toMatchObject({
      ...{ tenant_id: 'a', as_of: '2026-01-01T12:00:00Z', truncated: false, baseline_from: '2026-01-01T10:00:00Z' },
      services: [
        {
          ...{ name: 'cart-a', calls: 1800, errors: 180, err_rate: 0.1, p95_ms: 80, baseline_p95_ms: 20, error_lines: 120 },
          worse: ['err_rate', 'p95_ms', 'error_lines'],
        },
      ],
      metrics: [{ metric: 'cpu_hidden-a', max: 90, peak_at: '2026-01-01T10:40:00Z', baseline_avg: 10 }],
    });
    expect(health.content.calls_over_time).toHaveLength(6);
    expect(health.text).toContain('p95 80.0 ms (before 20.0)');

    const changed = await ask('what_changed', { resource: 'cart-a', from: '2026-01-01T10:25:00Z', to: '2026-01-01T10:35:00Z' });
    expect(changed.content.changes.map(({ at, kind }: { at: string; kind: string }) => `${at} ${kind}`)).toEqual([
      '2026-01-01T10:28:00Z event',
      '2026-01-01T10:29:00Z edge_opened',
      '2026-01-01T10:25:00Z edge_moved',
      '2026-01-01T10:31:00Z pattern_new',
    ]);
    const patterns = await ask('new_patterns', { severity: 'error', ...range });
    expect(patterns.content.patterns).toMatchObject([{ trend: 'new', fingerprint: 'new-a', errors: 120 }]);
    const raw = await ask('raw_evidence', { fingerprint: 'new-a', limit: 1 });
    expect(raw.content).toMatchObject({ rows: [{ body: 'raw hidden-a' }], locators: [{ stream: 'hidden-a' }] });
    expect((await ask('blast_radius', { resource: 'cart-a' })).content.callers).toMatchObject([{ name: 'front-a', affected_share: 1 }]);
    expect((await ask('path', { src: 'front-a', dst: 'stock-a', edges: 'all' })).content.paths).toMatchObject([{ hops: 2 }]);
    expect((await ask('topology_at', { at: '2026-01-01T10:28:00Z' })).content.edges).toEqual([]);
    expect((await ask('topology_at', {})).content.edges).toMatchObject([
      { relation: 'DEPENDS_ON', declared_by: [{ source: 'terraform', evidence: 'main.tf:7' }] },
    ]);
    expect((await ask('drift')).content.drift.map(({ drift }: { drift: string }) => drift)).toEqual([
      'declared_not_observed',
      'observed_not_declared',
    ]);
    expect((await ask('search_knowledge', { question: 'restart', resource: 'cart-a' })).content).toMatchObject({
      passages: [{ uri: 'runbook-a.md', resources: [{ name: 'cart-a' }] }],
      provenance: { vector_search: 'not_configured' },
    });
    expect(
      (await ask('cypher', { query: 'match (a)-[c:CALLS]->(b) return b.name, c.err_rate', columns: ['name', 'err'] })).content.rows,
    ).toEqual([{ name: 'cart-a', err: 0.1 }]);
    const described = await ask('describe_schema', { table: 'service_call_5m' });
    expect(described.content.columns).toContainEqual(expect.objectContaining({ name: 'p95_ms', unit: expect.stringContaining('ms') }));
    const { contents } = await client.readResource({ uri: 'observebridge://schema' });
    expect(contents).toMatchObject([{ mimeType: 'text/markdown', text: expect.stringContaining('## service_call_5m') }]);
  });

  it('tell what to try instead of a bare failure', async () => {
    const { db } = await make();
    await fillTenant(db, 'a');
    const logged: string[] = [];
    const logger = createLogger({ level: 'info', format: 'json', write: (line) => logged.push(line) });
    const readEvidence = () => Promise.reject(new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', 'The host inner.example refuses.'));
    const client = await connect(createDeps(db, { logger, readEvidence }));
    const refused = async (name: string, args: object) => {
      const { isError, text } = await callTool(client, name, args);
      expect(isError, text).toBe(true);
      return text;
    };
    expect(await refused('neighbors', { resource: 'crat-a' })).toMatch(/Most like it are urn:svc:hidden-a-cart.*\nTry: .*find_resource/s);
    expect(await refused('neighbors', {})).toContain('The argument resource is missing.');
    expect(await refused('neighbors', { resource: 'cart-a', hop: 1 })).toContain(
      'There is no argument `hop`; there are resource, direction, hops',
    );
    expect(await refused('neighbors', { resource: 'cart-a', direction: 'up' })).toContain('`direction` is one of in, out, both.');
    expect(await refused('neighbors', { resource: 'cart-a', limit: 501 })).toContain('`limit` must be <= 500');
    expect(await refused('neighbors', { resource: 'cart-a', at: 'noon' })).toContain(
      '`at` is not a time; write UTC, such as 2023-01-30T11:50:00Z.',
    );
    expect(await refused('what_changed', { from: '2026-01-01' })).toContain('Give both `from` and `to`');
    expect(await refused('sql', { statement: 'select nme from dim_resource' })).toMatch(/column "nme" does not exist.*describe_schema/s);
    expect(await refused('sql', { statement: 'delete from dim_resource' })).toContain('OB_SQL_REFUSED');
    expect(await refused('raw_evidence', {})).toContain('Give `fingerprint`, `resource`, both of these, or `locator_id` alone.');
    expect(await refused('raw_evidence', { fingerprint: 'none' })).toContain('new_patterns with `steady: true`');
    const unread = await refused('raw_evidence', { resource: 'cart-a' });
    expect(unread).toContain('logs stream hidden-a: select hidden-a');
    expect(unread).not.toContain('inner.example');
    expect(logged.join('')).toContain('OB_EVIDENCE_UNREADABLE');

    const empty = { from: '2026-01-01T07:00:00Z', to: '2026-01-01T08:00:00Z' };
    for (const [name, args] of Object.entries({
      service_health: empty,
      drift: empty,
      what_changed: empty,
      neighbors: { resource: 'cart-a', at: '2026-01-01T08:00:00Z' },
    })) {
      expect((await callTool(client, name, args)).content.hint, name).toContain('the first after at 2026-01-01T10:00:00Z');
    }
    expect((await callTool(client, 'new_patterns', empty)).content.hint).toContain(
      'there are no log lines; the first after at 2026-01-01T10:00:00Z',
    );
    expect((await callTool(client, 'find_resource', { text: 'frnt-a' })).content.hint).toContain('urn:svc:hidden-a-front');
    expect((await callTool(client, 'path', { src: 'cart-a', dst: 'front-a' })).content.hint).toContain('swap `src` and `dst`');
    await expect(client.callTool({ name: 'reboot', arguments: {} })).rejects.toThrow('There is no tool reboot; there are find_resource');
    await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow('There is no resource');
  });

  it('ask for the tenant where there are several, and bound what they say', async () => {
    const { db } = await make();
    await fillTenant(db, 'a');
    await fillTenant(db, 'b');
    const several = await connect(createDeps(db), {});
    const { tools } = await several.listTools();
    expect(tools).toHaveLength(14);
    for (const { inputSchema, annotations, description = '' } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', properties: { tenant_id: { enum: ['a', 'b'] } }, additionalProperties: false });
      expect(inputSchema.required).toContain('tenant_id');
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      expect(description.length).toBeGreaterThan(60);
    }
    expect((await callTool(several, 'drift')).text).toMatch(/`tenant_id` is missing. There are a, b\./);
    expect((await callTool(several, 'drift', { tenant_id: 'c' })).text).toMatch(/no tenant c\. There are a, b\./);
    expect((await callTool(several, 'find_resource', { tenant_id: 'b', limit: 2 })).content).toMatchObject({
      truncated: true,
      resources: [{ name: 'cart-b' }, { name: 'front-b' }],
    });
    const none = await connect(createDeps(db), { tenants: ['gone'] });
    expect((await callTool(none, 'drift')).text).toContain('This token sees no tenant.');

    const one = await connect(createDeps(db));
    expect((await one.listTools()).tools.every(({ inputSchema }) => !Object.hasOwn(inputSchema.properties ?? {}, 'tenant_id'))).toBe(true);
    const long = await callTool(one, 'sql', {
      statement: `select i, repeat('x', 1000) as wide from generate_series(1, 500) i`,
      limit: 150,
    });
    expect(long.content).toMatchObject({ truncated: true });
    expect(long.content.rows).toHaveLength(150);
    expect(long.text).toMatch(/more lines: the structured content has them all\.\nThere is more: raise `limit`/);
  });

  it('answer over standard input and output all that was asked before its end', async () => {
    const { db } = await make();
    await fillTenant(db, 'a');
    const [input, output] = [new PassThrough(), new PassThrough()];
    const serving = serveStdio(createDeps(db), { input, output, tenantId: 'a' }, new AbortController().signal);
    const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } });
    input.end(`${JSON.stringify(call(1, 'find_resource'))}\n${JSON.stringify(call(2, 'drift'))}\n`);
    await serving;
    const answers = String(output.read())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ id, result }) => [id, result.structuredContent.tenant_id]).toSorted()).toEqual([
      [1, 'a'],
      [2, 'a'],
    ]);

    const ending = new AbortController();
    const waiting = serveStdio(createDeps(db), { input: new PassThrough(), output }, ending.signal);
    ending.abort();
    await waiting;
  });
});
