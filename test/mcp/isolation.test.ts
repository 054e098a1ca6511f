import { expect, it } from 'vitest';
import { tools } from '../../src/mcp/tools/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { callTool, fillTenant, serveHttp } from './world.ts';

/** Questions about tenant `b`, which find something there. A tool without one fails the test. */
const QUESTIONS: Readonly<Record<string, readonly object[]>> = {
  find_resource: [{}, { text: 'hidden' }, { text: '10.0.0.1' }, { text: 'cart' }],
  service_health: [{}, { resource: 'cart-b' }, { order_by: 'calls' }],
  what_changed: [{}, { resource: 'cart-b', hops: 10 }, { from: '2000-01-01', to: '2001-01-01' }, { from: '2025-12-31', to: '2026-01-02' }],
  new_patterns: [{ steady: true }, { service: 'cart-b', from: '2026-01-01T10:30:00Z', to: '2026-01-01T11:00:00Z' }],
  neighbors: [{ resource: 'cart-b', edges: 'all', hops: 10 }, { resource: '10.0.0.1' }],
  blast_radius: [{ resource: 'cart-b' }],
  path: [{ src: 'front-b', dst: 'cart-b' }],
  raw_evidence: [{ locator_id: '981' }, { fingerprint: 'new-b' }, { resource: 'cart-b' }, { resource: 'cart-b', type: 'metrics' }],
  topology_at: [{}, { resource: 'cart-b' }, { at: '2026-01-01T10:40:00Z', as_believed_at: '2026-01-01T10:40:00Z' }],
  drift: [{}],
  search_knowledge: [{ question: 'carts restart' }, { question: 'restart', resource: 'cart-b' }],
  describe_schema: [{}],
  sql: [{ statement: 'select urn, name from dim_resource' }, { statement: 'select content from kb_chunk' }],
  cypher: [{ query: 'match (r:Resource) return r.urn', columns: ['urn'] }],
};
const SHOWS_NO_ROWS = ['describe_schema'];

describeDatabases('tokens of agents', ['pglite'], (make) => {
  it('show a tenant nothing of another one by any tool, and others all of it', { timeout: 120_000 }, async () => {
    const { db } = await make();
    for (const tenant of ['a', 'b']) await fillTenant(db, tenant);
    await using service = await serveHttp(db);
    const own = await service.connect({ tenants: ['a'] });
    const all = await service.connect({});
    expect(Object.keys(QUESTIONS).toSorted()).toEqual(tools.map(({ name }) => name).toSorted());
    const seen = new Set<string>();
    for (const [tool, questions] of Object.entries(QUESTIONS)) {
      for (const question of questions) {
        const theirs = JSON.stringify(await callTool(all, tool, { ...question, tenant_id: 'b' }));
        if (theirs.includes('hidden-b')) seen.add(tool);
        expect(theirs, `${tool} of all tenants`).not.toContain('hidden-a');
        for (const args of [question, { ...question, tenant_id: 'b' }, { ...question, tenant_id: 'a' }]) {
          expect(JSON.stringify(await callTool(own, tool, args)), `${tool} ${JSON.stringify(args)}`).not.toContain('hidden-b');
        }
      }
    }
    expect(Object.keys(QUESTIONS).filter((tool) => !seen.has(tool))).toEqual(SHOWS_NO_ROWS);
    await expect(callTool(own, 'drift', { tenant_id: 'b' })).resolves.toMatchObject({
      isError: true,
      text: expect.stringMatching(/There is no tenant b\. There are a\..*OB_TENANT_UNKNOWN/s),
    });
  });

  it('are needed, and there is no stream to open', async () => {
    const { db } = await make();
    await using service = await serveHttp(db);
    const ask = (headers: Record<string, string>) =>
      fetch(service.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
    const refused = await ask({});
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await ask({ authorization: 'Bearer ob_wrong' })).status).toBe(401);
    expect((await fetch(service.url, { headers: { accept: 'text/event-stream' } })).status).toBe(405);
  });
});
