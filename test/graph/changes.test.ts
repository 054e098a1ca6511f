import { expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { type Change, type ChangeKind, listChanges } from '../../src/graph/changes.ts';
import { createCallReader } from '../../src/jobs/call-reader.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { NOON, resourceOf, urnOf, writeWorld } from './world.ts';

const T = 'shop';
const HALF = { from: NOON - 5 * MINUTE, to: NOON };

async function changesOf(db: Db, kind: ChangeKind, near?: { of: number; hops: number }): Promise<readonly Change[]> {
  const query = { kind, near: near && { resource: resourceOf(near.of), hops: near.hops }, range: HALF, offset: 0, limit: 100 };
  return (await listChanges(db, T, query, createCallReader(db, T))).items;
}

/** Calls of two times five minutes, which are slower in the second. */
const slower = (src: number, dst: number, calls = 100) => [
  { minutes: 10, src, dst, calls, errors: 0, p95: 10 },
  { minutes: 5, src, dst, calls, errors: 0, p95: 100 },
];

describeDatabases('what changed', ['pglite', 'postgres 15'], (make) => {
  it('near a resource reaches as far as the hops along calls and declared edges, in both directions', async () => {
    const { db } = await make();
    await writeWorld(db, T, [...slower(1, 2), ...slower(3, 2), ...slower(4, 5)], [{ src: 4, dst: 3, relation: 'DEPENDS_ON' }]);
    const nearTo = async (hops: number) =>
      (await changesOf(db, 'edge_moved', { of: 1, hops })).map((change) => [...change.urns.map((urn) => urn.slice(-1)), change.hops]);
    expect(await nearTo(0)).toEqual([['1', '2', 0]]);
    expect(await nearTo(1)).toEqual([...(await nearTo(0)), ['3', '2', 1]]);
    expect(await nearTo(2)).toEqual(await nearTo(1));
    expect(await nearTo(3)).toEqual([...(await nearTo(2)), ['4', '5', 3]]);
  });

  it('gives every moved edge on exactly one page', async () => {
    const { db } = await make();
    await writeWorld(db, T, [...slower(1, 2, 100), ...slower(1, 3, 400), ...slower(1, 4, 200), ...slower(1, 5, 300)]);
    const query = { kind: 'edge_moved', range: HALF, limit: 1 } as const;
    const pages = await Promise.all([0, 1, 2, 3].map((offset) => listChanges(db, T, { ...query, offset }, createCallReader(db, T))));
    expect(pages.flatMap(({ items }) => items)).toEqual(await changesOf(db, 'edge_moved'));
    expect(pages.map(({ items, nextOffset }) => [items[0]?.urns[1], nextOffset])).toEqual([
      [urnOf(2), 1],
      [urnOf(3), 2],
      [urnOf(4), 3],
      [urnOf(5), undefined],
    ]);
  });

  it('tells what the subject of an event means: a URN, or a name or alias in any case, which several may have', async () => {
    const { db } = await make();
    await writeWorld(db, T, []);
    await db.query(`update dim_resource set name = 'Twin' where resource_id in (3, 4)`);
    await db.query(`insert into dim_resource_alias values ('shop', 'pod', 's5-7d9f', 5, 'test', '2023-01-01', '2023-01-01')`);
    await db.query(
      `insert into event_envelope (tenant_id, source, id, type, subject, time)
       select 'shop', '/ci', i::text, 'deploy', subject, '2023-01-30T11:56:00Z'
       from unnest(array['urn:svc:s1', 'URN:SVC:S1', 'S2', 'twin', 'S5-7D9F', 'unheard', null]) with ordinality as s (subject, i)`,
    );
    const found = async (near?: { of: number; hops: number }) =>
      (await changesOf(db, 'event', near)).map(({ details, urns }) => [details.subject, ...urns]);
    const all = [
      [null],
      ['URN:SVC:S1'],
      ['unheard'],
      ['urn:svc:s1', urnOf(1)],
      ['S2', urnOf(2)],
      ['twin', urnOf(3), urnOf(4)],
      ['S5-7D9F', urnOf(5)],
    ];
    expect((await found()).sort()).toEqual(all.sort());
    expect(await found({ of: 1, hops: 0 })).toEqual([[null], ['urn:svc:s1', urnOf(1)]]);
    expect(await found({ of: 4, hops: 0 })).toEqual([[null], ['twin', urnOf(3), urnOf(4)]]);
    expect(await found({ of: 5, hops: 0 })).toEqual([[null], ['S5-7D9F', urnOf(5)]]);
    expect(await found({ of: 6, hops: 0 })).toEqual([[null]]);
  });

  it('finds new patterns near a resource also by the lines of the patterns that they absorbed', async () => {
    const { db } = await make();
    await writeWorld(db, T, []);
    await db.query(
      `insert into log_pattern (tenant_id, fingerprint, template, severity, first_seen, last_seen, alias_of) values
       ('shop', 'wide', 'order <*>', 'error', '2023-01-30T11:56:00Z', '2023-01-30T11:59:00Z', null),
       ('shop', 'narrow', 'order <*> late', 'error', '2023-01-30T11:56:00Z', '2023-01-30T11:59:00Z', 'wide'),
       ('shop', 'silent', 'never counted', 'info', '2023-01-30T11:57:00Z', '2023-01-30T11:57:00Z', null),
       ('shop', 'old', 'long known', 'info', '2023-01-30T10:00:00Z', '2023-01-30T11:57:00Z', null)`,
    );
    await db.query(
      `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error) values
       ('shop', '2023-01-30T11:55:00Z', 1, 'wide', 3, 3), ('shop', '2023-01-30T11:55:00Z', 2, 'narrow', 4, 4),
       ('shop', '2023-01-30T11:55:00Z', 3, 'old', 5, 0), ('shop', $1, 3, 'wide', 6, 0)`,
      [new Date((NOON - HOUR) / 1000).toISOString()],
    );
    const wide = { urns: [urnOf(1), urnOf(2)], details: { fingerprint: 'wide', lines: 7 } };
    expect(await changesOf(db, 'pattern_new')).toMatchObject([wide, { urns: [], details: { fingerprint: 'silent', lines: null } }]);
    expect(await changesOf(db, 'pattern_new', { of: 2, hops: 0 })).toMatchObject([{ ...wide, hops: 0 }]);
    expect(await changesOf(db, 'pattern_new', { of: 3, hops: 0 })).toEqual([]);
  });
});
