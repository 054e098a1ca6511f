import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Alias, DeclaredEdge, Observation } from '../../src/core/observation.ts';
import { formatTime, HOUR, MINUTE } from '../../src/core/time.ts';
import { type Resource, toDatabase, toExternal, toService } from '../../src/core/urn.ts';
import type { Db } from '../../src/store/db.ts';
import { byUrns, compare } from '../../src/store/edge-page.ts';
import { applyObservation } from '../../src/store/topology-apply.ts';
import { type Drift, listDrift } from '../../src/store/topology-drift.ts';
import { listTopologyAt, listTopologyDiff, type TopologyEdge } from '../../src/store/topology-query.ts';
import { toResourceId } from '../../src/store/topology-resources.ts';
import { describeDatabases } from '../support/databases.ts';
import { edge, observe, start } from './topology-model.ts';

const apply = (db: Db, observation: Observation, recordedAt: number, tenantId = 'a') =>
  db.transaction((tx) => applyObservation(tx, tenantId, observation, { recordedAt, closeLimit: 1 }));

describeDatabases('asking the topology', ['pglite', 'postgres 15'], (make) => {
  it('gives it at a time, as it was believed at a time, and page by page', async () => {
    const { db } = await make();
    const all = [edge('a→b'), edge('a→c'), edge('b→c')];
    await apply(db, observe(10, all), start + HOUR);
    await apply(db, observe(10, all.slice(0, 1), { source: 'ansible' }), start + HOUR);
    await apply(db, observe(20, [edge('a→b', 2), edge('a→c')]), start + 2 * HOUR);
    await apply(db, observe(30, all), start + 3 * HOUR);
    const names = async (at: number, filter: object = {}) =>
      (await listTopologyAt(db, { tenantId: 'a', at: start + at, limit: 10, ...filter })).items.map(
        ({ src_urn, dst_urn, declared_by }) => `${src_urn.slice(8)}→${dst_urn.slice(8)} ${declared_by.map(({ source }) => source)}`,
      );
    expect(await names(5)).toEqual([]);
    expect(await names(10)).toEqual(['a→b ansible,terraform', 'a→c terraform', 'b→c terraform']);
    expect(await names(20)).toEqual(['a→b ansible,terraform', 'a→c terraform']);
    expect(await names(20, { believedAt: start + HOUR + MINUTE })).toEqual(['a→b ansible,terraform', 'a→c terraform', 'b→c terraform']);
    expect(await names(20, { believedAt: start })).toEqual([]);
    expect(await names(30, { source: 'terraform', resourceId: toResourceId('a', toService('b').urn) })).toEqual([
      'a→b terraform',
      'b→c terraform',
    ]);
    expect((await listTopologyAt(db, { tenantId: 'a', at: start + 30, limit: 10 })).items[2]).toMatchObject({
      declared_by: [{ reopened: 1, valid_to: null, valid_from: '2023-11-14T22:13:20.000030Z', evidence: { file: 'main.tf' } }],
    });
    const first = await listTopologyAt(db, { tenantId: 'a', at: start + 30, limit: 2 });
    const second = await listTopologyAt(db, { tenantId: 'a', at: start + 30, limit: 2, cursor: first.nextCursor });
    expect(second).toEqual({ items: [expect.anything()] });
    expect([...first.items, ...second.items].map(({ dst_urn }) => dst_urn).sort()).toEqual(['urn:svc:b', 'urn:svc:c', 'urn:svc:c']);
    const diff = await listTopologyDiff(db, { tenantId: 'a', from: start + 10, to: start + 20, limit: 10 });
    expect(diff.items).toMatchObject([
      { change: 'closed', src_urn: 'urn:svc:b', at: '2023-11-14T22:13:20.000020Z', still_declared: false },
    ]);
    const later = await listTopologyDiff(db, { tenantId: 'a', from: start + 2.5 * HOUR, to: start + 4 * HOUR, limit: 10 });
    expect(later.items).toMatchObject([{ change: 'changed', dst_urn: 'urn:svc:b', attrs: { port: 1 }, attrs_before: { port: 2 } }]);
  });
});

describeDatabases('pages of the topology', ['pglite'], (make) => {
  it('are together exactly the whole, also where edges share both ends and several declare one', async () => {
    const { db } = await make();
    const names = ['a→b', 'a→c', 'b→a', 'b→c', 'c→a', 'c→b'];
    const contains = (name: string): DeclaredEdge => ({ ...edge(name), relation: 'CONTAINS' });
    await apply(db, observe(10, [...names.map((name) => edge(name)), ...names.slice(0, 3).map(contains)]), start + HOUR);
    await apply(
      db,
      observe(
        10,
        names.slice(2).map((name) => edge(name, 7)),
        { source: 'ansible' },
      ),
      start + HOUR,
    );
    await apply(db, observe(20, [edge('a→b', 2)]), start + 2 * HOUR);
    for (const believedAt of [undefined, start + 1.5 * HOUR]) {
      const ask = (limit: number, cursor?: string) =>
        listTopologyAt(db, { tenantId: 'a', at: start + 15, believedAt, limit, ...(cursor === undefined ? {} : { cursor }) });
      const { items: whole, nextCursor } = await ask(100);
      expect(nextCursor).toBeUndefined();
      expect(whole.map(({ src_urn, dst_urn, relation }) => `${src_urn.slice(8)}→${dst_urn.slice(8)} ${relation}`)).toEqual(
        [...names.map((name) => `${name} DEPENDS_ON`), ...names.slice(0, 3).map((name) => `${name} CONTAINS`)].sort(),
      );
      for (const limit of [1, 2, 4]) {
        const walked: TopologyEdge[] = [];
        for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
          const { items, nextCursor: next } = await ask(limit, cursor);
          expect(items.length).toBeLessThanOrEqual(limit);
          walked.push(...items);
          cursor = next;
        }
        // Edges of a page are in order of URNs, and the pages in that of the ids.
        expect(walked.sort(byUrns)).toEqual(whole);
      }
    }
  });
});

describeDatabases('differences', ['pglite'], (make) => {
  it('lead from the topology at one time to that at another', async () => {
    const { db } = await make();
    let run = 0;
    const name = fc.constantFrom('a→b', 'a→c', 'b→c', 'c→d');
    const looks = fc.array(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(looks, fc.nat(60), fc.nat(60), async (all, one, other) => {
        const tenantId = `t${++run}`;
        const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
        for (const [index, names] of all.entries())
          await apply(
            db,
            observe(
              index * 10,
              names.map((each) => edge(each)),
            ),
            start + HOUR + index,
            tenantId,
          );
        const at = async (time: number) =>
          (await listTopologyAt(db, { tenantId, at: start + time, limit: 100 })).items.map(
            ({ src_urn, dst_urn }) => `${src_urn} ${dst_urn}`,
          );
        const { items } = await listTopologyDiff(db, { tenantId, from: start + from, to: start + to, limit: 100 });
        const of = (change: string) => items.filter((row) => row.change === change).map(({ src_urn, dst_urn }) => `${src_urn} ${dst_urn}`);
        const reached = [...(await at(from)).filter((each) => !of('closed').includes(each)), ...of('opened')];
        expect(reached.sort()).toEqual((await at(to)).sort());
      }),
      { numRuns: 25 },
    );
  });

  it('between declared and observed edges are found through aliases and containers, and say where there was no traffic', async () => {
    const { db } = await make();
    const [front, cart, ads, mail] = ['front', 'cart', 'ads', 'mail'].map((each) => toService(each, 'shop')) as [
      Resource,
      Resource,
      Resource,
      Resource,
    ];
    const database = toDatabase('postgresql', 'orders-1', 'orders');
    const cluster = toDatabase('postgresql', 'orders-cluster', 'orders');
    const link = (src: Resource, dst: Resource, relation: DeclaredEdge['relation'] = 'DEPENDS_ON'): DeclaredEdge => ({
      ...{ src: src.urn, dst: dst.urn, relation, evidence: { rule: 'test' } },
    });
    const named = (resource: Resource, kind: Alias['kind'], alias: string) => ({ ...resource, aliases: [{ kind, alias }] });
    await apply(
      db,
      {
        ...observe(0, [link(front, cart), link(front, ads), link(front, mail), link(cart, database), link(cluster, database, 'CONTAINS')]),
        resources: [
          ...[named(front, 'service', 'front'), named(cart, 'service', 'cart'), named(ads, 'service', 'ads'), mail],
          ...[database, named(cluster, 'dns', 'orders.example.com')],
        ],
      },
      start,
    );
    const seen = {
      front: toService('front'),
      cart: toService('cart'),
      orders: toDatabase('postgresql', 'orders.example.com', 'orders'),
      web: toExternal('pay.example.com'),
    };
    for (const resource of Object.values(seen)) {
      await db.query(
        `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen) values ('a', $1, $2, $3, $4, now(), now())`,
        [toResourceId('a', resource.urn), resource.urn, resource.kind, resource.name],
      );
    }
    const call = (bucket: number, src: Resource, dst: Resource) =>
      db.query(
        `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate)
         values ('a', $1, $2, $3, 'http', 10, 0, 1, 0)`,
        [formatTime(start - (start % (5 * MINUTE)) + bucket * 5 * MINUTE), toResourceId('a', src.urn), toResourceId('a', dst.urn)],
      );
    await call(1, seen.front, seen.cart);
    await call(2, seen.front, seen.cart);
    await call(2, seen.cart, seen.orders);
    await call(3, seen.cart, seen.web);
    const report = await listDrift(db, { tenantId: 'a', from: start, to: start + HOUR, limit: 10 });
    expect(report).toMatchObject({ windows_with_data: 3, windows: 12 });
    expect(report.items).toMatchObject([
      {
        drift: 'declared_not_observed',
        dst_urn: ads.urn,
        relation: 'DEPENDS_ON',
        declared_by: ['terraform'],
        src_windows: 2,
        dst_windows: 0,
      },
      { drift: 'declared_not_observed', dst_urn: mail.urn, src_windows: 2, dst_windows: 0 },
      {
        drift: 'observed_not_declared',
        src_urn: seen.cart.urn,
        dst_urn: seen.web.urn,
        calls: 10,
        windows: 1,
        src_declared: true,
        dst_declared: false,
      },
    ]);
    for (const limit of [1, 2]) {
      const walked: Drift[] = [];
      for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
        const { items, nextCursor } = await listDrift(db, { tenantId: 'a', from: start, to: start + HOUR, limit, cursor });
        expect(items.length).toBeLessThanOrEqual(limit);
        walked.push(...items);
        cursor = nextCursor;
      }
      expect(walked.sort((one, other) => compare(one.drift, other.drift) || byUrns(one, other))).toEqual(report.items);
    }
    expect(await listDrift(db, { tenantId: 'a', from: start + 20 * MINUTE, to: start + HOUR, limit: 10 })).toMatchObject({
      windows_with_data: 0,
    });
  });
});
