import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { MINUTE } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { type AppliedObservation, type ApplyOptions, applyObservation } from '../../src/store/topology-apply.ts';
import { describeDatabases } from '../support/databases.ts';
import { edge, observe, readBeliefs, start, TopologyModel } from './topology-model.ts';

const later = start + 10 * MINUTE;

/** Applies observations to a tenant, each recorded a second after the one before. */
function openTenant(db: Db, tenantId: string) {
  let recordedAt = later;
  return {
    apply(observation: Observation, changes: Partial<ApplyOptions> = {}): Promise<AppliedObservation> {
      recordedAt += 1_000_000;
      const options = { recordedAt, closeLimit: 0.5, ...changes };
      return db.transaction((tx) => applyObservation(tx, tenantId, observation, options));
    },
    now: () => recordedAt,
    beliefs: (at?: number) => readBeliefs(db, tenantId, at),
    rows: async () => ({
      edges: await db.query('select * from topo_edge_time where tenant_id = $1 order by src_resource_id, dst_resource_id, valid', [
        tenantId,
      ]),
      history: await db.query(
        'select * from topo_edge_history where tenant_id = $1 order by src_resource_id, dst_resource_id, valid, recorded',
        [tenantId],
      ),
      resources: await db.query('select * from dim_resource where tenant_id = $1 order by resource_id', [tenantId]),
      aliases: await db.query('select * from dim_resource_alias where tenant_id = $1 order by resource_id, alias', [tenantId]),
    }),
  };
}

describeDatabases('applying observations', ['pglite'], (make) => {
  it('opens, closes, reopens with a gap, and does nothing for the same input', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    expect(await tenant.apply(observe(10, [edge('a→b'), edge('a→c'), edge('b→c')]))).toMatchObject({ status: 'ok', edges: 3, opened: 3 });
    const before = await tenant.rows();
    expect(await tenant.apply(observe(10, [edge('a→b'), edge('a→c'), edge('b→c')]))).toMatchObject({ opened: 0, closed: 0, changed: 0 });
    expect(await tenant.rows()).toEqual(before);
    expect(await tenant.apply(observe(20, [edge('a→b'), edge('a→c')]))).toMatchObject({ edges: 2, closed: 1 });
    await tenant.apply(observe(30, [edge('a→b'), edge('a→c'), edge('b→c', 2)]));
    expect(await tenant.beliefs()).toEqual({ 'a→b': ['10… :1'], 'a→c': ['10… :1'], 'b→c': ['10…20 :1', '30… :2'] });
  });

  it('closes nothing for a partial, failed, empty or other document, nor more than the limit; force does', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    const all = [edge('a→b'), edge('a→c'), edge('b→c'), edge('c→d')];
    const own = { lineage: 'one', serial: 4n };
    await tenant.apply(observe(10, all, own));
    const problem = { file: 'x.tfstate', text: 'it ends early.', hides: true };
    expect(await tenant.apply(observe(20, all.slice(1), { ...own, serial: 5n, complete: false, problems: [problem] }))).toMatchObject({
      ...{ status: 'partial', reason: 'x.tfstate: it ends early.', closed: 0, edges: 4 },
    });
    expect(await tenant.apply(observe(25, [], { complete: false, problems: [problem] }))).toMatchObject({ status: 'failed', edges: 4 });
    expect(await tenant.apply(observe(30, [], { ...own, serial: 6n }))).toMatchObject({ status: 'held', edges: 4 });
    const other = observe(40, all.slice(1), { lineage: 'two', serial: 1n });
    for (let run = 0; run < 2; run++) {
      expect(await tenant.apply(other)).toMatchObject({ status: 'held', closed: 0, edges: 4, reason: expect.stringContaining('lineage') });
    }
    expect(await tenant.apply(observe(50, all.slice(3), { ...own, serial: 7n }))).toMatchObject({
      status: 'held',
      reason: 'It would close 3 of 4 edges that are open, more than close_limit 0.5 allows; nothing is closed without force.',
    });
    expect(await tenant.apply(observe(50, all.slice(3), { ...own, serial: 7n }), { force: true })).toMatchObject({
      status: 'ok',
      closed: 3,
    });
    expect(await tenant.beliefs()).toEqual({ 'a→b': ['10…50 :1'], 'a→c': ['10…50 :1'], 'b→c': ['10…50 :1'], 'c→d': ['10… :1'] });
  });

  it('lets an older document fill only its own past, and ignores one that cannot be placed', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    const of = (at: number, serial: bigint, names: string[]) =>
      observe(
        at,
        names.map((name) => edge(name)),
        { lineage: 'one', serial },
      );
    await tenant.apply(of(10, 1n, ['a→b', 'a→c']));
    await tenant.apply(of(30, 3n, ['a→b', 'a→c']));
    expect(await tenant.apply(of(20, 2n, ['a→b', 'b→c']))).toMatchObject({ status: 'late', opened: 1, closed: 1, edges: 2 });
    expect(await tenant.beliefs()).toEqual({ 'a→b': ['10… :1'], 'a→c': ['10…20 :1', '30… :1'], 'b→c': ['20…30 :1'] });
    expect(await tenant.apply(of(90, 2n, ['a→b', 'x→y']))).toMatchObject({ status: 'late', closed: 1 });
    expect(await tenant.apply(of(90, 0n, ['a→b']))).toMatchObject({ status: 'stale', opened: 0, closed: 0, changed: 0 });
    expect(await tenant.beliefs(later + 2_000_000)).toEqual({ 'a→b': ['10… :1'], 'a→c': ['10… :1'] });
    expect(await tenant.apply(of(5, 4n, ['a→b']))).toMatchObject({ status: 'ok', closed: 1 });
    expect((await tenant.beliefs())['a→c']).toEqual(['10…20 :1', '30…31 :1']);
  });

  it('keeps edges of other scopes and sources, dates an edge back as far as nothing contradicts it, and waits for a second miss', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    await tenant.apply(observe(10, [edge('a→b', 1, 4)], { scope: 'other' }));
    await tenant.apply(observe(10, [edge('a→b', 1, 4)]));
    await tenant.apply(observe(20, [edge('a→b'), edge('a→c', 1, 4), edge('a→d', 1, 15)]), { misses: 2 });
    expect(await tenant.beliefs()).toEqual({ 'a→b': ['4… :1'], 'a→c': ['20… :1'], 'a→d': ['15… :1'] });
    expect(await tenant.apply(observe(30, [edge('a→b'), edge('a→c')]), { misses: 2 })).toMatchObject({ edges: 3, closed: 0 });
    await tenant.apply(observe(40, [edge('a→b'), edge('a→d', 1, 15)]), { misses: 2 });
    expect(await tenant.apply(observe(50, [edge('a→b'), edge('a→d', 1, 15)]), { misses: 2 })).toMatchObject({ edges: 2, closed: 1 });
    expect(await tenant.beliefs()).toEqual({ 'a→b': ['4… :1'], 'a→c': ['20…40 :1'], 'a→d': ['15… :1'] });
    expect(await readBeliefs(db, 'a', undefined, 'other')).toEqual({ 'a→b': ['4… :1'] });
  });

  it('writes resources and aliases, and takes away the aliases that a complete scope no longer gives', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    const base = observe(10, [edge('a→b')]);
    const [a, b] = base.resources;
    const dns = (alias: string) => [{ kind: 'dns' as const, alias }];
    const of = (at: number, first: string, complete = true) => ({
      ...observe(at, base.edges, { complete }),
      resources: [{ ...a, attrs: { size: 'small' }, aliases: dns(first) }, b] as Observation['resources'],
    });
    await tenant.apply(of(10, 'a.internal'));
    await tenant.apply(of(20, 'b.internal', false));
    expect((await tenant.rows()).aliases).toMatchObject([
      { alias: 'a.internal' },
      { alias: 'b.internal', provenance: 'terraform:network' },
    ]);
    await tenant.apply(of(30, 'b.internal'));
    await tenant.apply(of(5, 'c.internal'));
    const { aliases, resources } = await tenant.rows();
    expect(aliases).toMatchObject([
      { alias: 'b.internal', first_seen: '2023-11-14T22:13:20.000020Z', last_seen: '2023-11-14T22:13:20.000030Z' },
    ]);
    expect(resources.find((row) => Reflect.get(row, 'name') === 'a')).toMatchObject({
      attrs: { size: 'small' },
      first_seen: '2023-11-14T22:13:20.000005Z',
    });
  });

  it('believes what the plain model believes, now and at every earlier moment', async () => {
    const { db } = await make();
    let run = 0;
    const declared = fc.record({
      name: fc.constantFrom('a→b', 'a→c', 'b→c', 'c→d'),
      port: fc.constantFrom(1, 2),
      since: fc.option(fc.integer({ min: 0, max: 70 }), { nil: undefined, freq: 4 }),
    });
    const step = fc.record({
      at: fc.integer({ min: 0, max: 6 }),
      document: fc.option(fc.record({ lineage: fc.constantFrom('one', 'one', 'two'), serial: fc.bigInt({ min: 1n, max: 5n }) }), {
        nil: undefined,
      }),
      complete: fc.boolean(),
      edges: fc.uniqueArray(declared, { selector: ({ name }) => name, maxLength: 4 }),
      force: fc.boolean(),
      again: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async (steps) => {
        const tenant = openTenant(db, `t${++run}`);
        const model = new TopologyModel();
        const past: [number, unknown][] = [];
        for (const { at, document, complete, edges, force, again } of steps) {
          const observation = observe(
            at * 10,
            edges.map(({ name, port, since }) => edge(name, port, since)),
            { complete, ...document },
          );
          await tenant.apply(observation, { force });
          model.apply(observation, { closeLimit: 0.5, force });
          expect(await tenant.beliefs()).toEqual(model.beliefs());
          if (again && !force) {
            const before = await tenant.rows();
            const applied = await tenant.apply(observation, { force });
            model.apply(observation, { closeLimit: 0.5, force });
            expect(applied).toMatchObject({ opened: 0, closed: 0, changed: 0 });
            expect(await tenant.rows()).toEqual(before);
            expect(await tenant.beliefs()).toEqual(model.beliefs());
          }
          past.push([tenant.now(), model.beliefs()]);
        }
        for (const [at, beliefs] of past) expect(await tenant.beliefs(at)).toEqual(beliefs);
      }),
      { numRuns: 60 },
    );
  });

  it('comes to the same belief in whatever order complete documents arrive', async () => {
    const { db } = await make();
    let run = 0;
    const names = fc.uniqueArray(fc.constantFrom('a→b', 'a→c', 'b→c', 'c→d'), { minLength: 1, maxLength: 4 });
    const documents = fc.array(names, { minLength: 2, maxLength: 6 });
    const orders = documents.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })));
    await fc.assert(
      fc.asyncProperty(orders, async ([all, order]) => {
        const inOrder = openTenant(db, `in-${++run}`);
        const shuffled = openTenant(db, `any-${run}`);
        const observations = all.map((each, index) =>
          observe(
            index * 10,
            each.map((name) => edge(name)),
          ),
        );
        for (const observation of observations) await inOrder.apply(observation, { closeLimit: 1 });
        for (const index of order) await shuffled.apply(observations[index] as Observation, { closeLimit: 1 });
        expect(await shuffled.beliefs()).toEqual(await inOrder.beliefs());
      }),
      { numRuns: 40 },
    );
  });
});

describeDatabases('the table of edges', ['postgres 15'], (make) => {
  it('refuses overlapping ranges of one edge, source and scope', async () => {
    const { db } = await make();
    const tenant = openTenant(db, 'a');
    await tenant.apply(observe(10, [edge('a→b')]));
    const insert = (valid: string) =>
      db.query(
        `insert into topo_edge_time select tenant_id, src_resource_id, dst_resource_id, relation, source, scope, $1::tstzrange, recorded_at from topo_edge_time`,
        [valid],
      );
    await expect(insert('[2024-01-01,2024-01-02)')).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
    await insert('[2022-01-01,2022-01-02)');
  });

  it('takes observations of one scope from two processes one after the other', async () => {
    const { db } = await make();
    const [first, second] = [openTenant(db, 'a'), openTenant(db, 'a')];
    const applied = await Promise.all([first.apply(observe(10, [edge('a→b')])), second.apply(observe(10, [edge('a→b')]))]);
    expect(applied.map(({ opened }) => opened).sort()).toEqual([0, 1]);
  });
});
