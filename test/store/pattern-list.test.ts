import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parseTime } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import type { Db } from '../../src/store/db.ts';
import { findNewestHour, findPattern, listPatterns, type PatternFilter } from '../../src/store/pattern-list.ts';
import { describeDatabases } from '../support/databases.ts';
import { addLines, addPattern, addServices, at } from './pattern-world.ts';

const between = (from: string, to: string): Window => ({ from: parseTime(at(from)) ?? 0, to: parseTime(at(to)) ?? 0 });

/** Patterns of the hour from noon, without the heartbeat. */
async function list(db: Db, filter: Partial<PatternFilter> = {}) {
  const rows = await listPatterns(db, { tenantId: 'a', range: between('12:00', '13:00'), limit: 100, ...filter });
  return rows.filter((row) => row.fingerprint !== 'heartbeat');
}

const trendsOf = async (db: Db, filter: Partial<PatternFilter> = {}) =>
  Object.fromEntries((await list(db, filter)).map((row) => [`${row.service} ${row.fingerprint}`, row.trend]));

describeDatabases('the list of patterns', ['pglite', 'postgres 15'], (make) => {
  it('counts lines for the pattern that their mask belongs to', async () => {
    const { db } = await make();
    await addServices(db);
    await addPattern(db, 'card-<*>-refused');
    await addPattern(db, 'card-visa-refused', { aliasOf: 'card-<*>-refused' });
    await addPattern(db, 'card-amex-refused', { aliasOf: 'card-<*>-refused', firstSeen: '12:10' });
    await addLines(db, [
      { at: '-20:00', service: 'checkout', mask: 'card-visa-refused', lines: 24, errors: 24 },
      { at: '12:00', service: 'checkout', mask: 'card-visa-refused', lines: 2, errors: 1 },
      { at: '12:10', service: 'checkout', mask: 'card-amex-refused', lines: 3, severity: 'warn' },
      { at: '12:10', service: 'cart', mask: 'card-amex-refused', lines: 1, severity: 'warn' },
      { at: '13:00', service: 'checkout', mask: 'card-<*>-refused', lines: 100 },
    ]);
    expect(await list(db)).toEqual([
      {
        ...{ service: 'checkout', resource: 'urn:svc:checkout', fingerprint: 'card-<*>-refused', template: 'card <*> refused' },
        ...{ trend: 'steady', severity: 'error', lines: 5, errors: 1, ratio: 5, baseline_minutes: 1440 },
        ...{ first_seen: at('-06:00'), last_seen: at('12:59'), sample: 'a line' },
        ...{
          evidence_stream: 'app',
          evidence_query: 'SELECT card-amex-refused 12:10',
          evidence_url: 'https://oo.example/card-amex-refused',
        },
      },
      expect.objectContaining({
        service: 'cart',
        fingerprint: 'card-<*>-refused',
        trend: 'steady',
        severity: 'warn',
        lines: 1,
        ratio: null,
      }),
    ]);
  });

  it('tells new from surging from steady', async () => {
    const { db } = await make();
    await addServices(db);
    await addPattern(db, 'fresh', { firstSeen: '12:00' });
    for (const mask of ['moved', 'rare', 'tripled', 'doubled', 'chance', 'beyond']) await addPattern(db, mask);
    const now = (mask: string, lines: number) => ({ at: '12:30', service: 'cart', mask, lines });
    const before = (mask: string, lines: number) => ({ at: '-15:00', service: 'cart', mask, lines });
    await addLines(db, [
      now('fresh', 1),
      // Known of another service only.
      ...[{ at: '-15:00', service: 'checkout', mask: 'moved', lines: 500 }, now('moved', 10), now('rare', 9)],
      // 288 lines of a day are 12 of an hour.
      ...[before('tripled', 288), now('tripled', 36), before('doubled', 288), now('doubled', 35)],
      // 96 lines of a day are 4 of an hour: 12 may well be chance, 19 may not.
      ...[before('chance', 96), now('chance', 12), before('beyond', 96), now('beyond', 19)],
    ]);
    expect(await trendsOf(db)).toEqual({
      ...{ 'cart fresh': 'new', 'cart moved': 'surging', 'cart rare': 'steady', 'cart tripled': 'surging', 'cart doubled': 'steady' },
      ...{ 'cart chance': 'steady', 'cart beyond': 'surging' },
    });
    expect((await list(db)).map((row) => row.fingerprint)).toEqual(['fresh', 'tripled', 'beyond', 'moved', 'doubled', 'chance', 'rare']);
    expect(Object.keys(await trendsOf(db, { trends: ['new', 'surging'] }))).toHaveLength(4);
    expect((await list(db, { trends: ['surging'], limit: 1 })).map((row) => row.ratio)).toEqual([3]);
  });

  it('leaves time without any lines out of the baseline, and has no trend without one', async () => {
    const { db } = await make();
    await addServices(db);
    await addPattern(db, 'quiet');
    await addLines(db, [
      { at: '11:00', service: 'cart', mask: 'quiet', lines: 72 },
      { at: '12:00', service: 'cart', mask: 'quiet', lines: 36 },
    ]);
    expect(await list(db)).toMatchObject([{ trend: 'surging', ratio: 12, baseline_minutes: 1440 }]);
    await db.query(`delete from log_pattern_5m where bucket < $1`, [at('06:00')]);
    expect(await list(db)).toMatchObject([{ trend: 'surging', ratio: 3, baseline_minutes: 360 }]);
    await db.query(`delete from log_pattern_5m where bucket < $1`, [at('12:00')]);
    expect(await list(db)).toMatchObject([{ trend: 'steady', ratio: null, baseline_minutes: 0 }]);
  });

  it('counts and compares errors where errors are asked for, and shows one of them', async () => {
    const { db } = await make();
    await addServices(db);
    for (const mask of ['mixed', 'warned', 'died']) await addPattern(db, mask);
    await addLines(db, [
      { at: '-15:00', service: 'cart', mask: 'mixed', lines: 24_000 },
      { at: '12:00', service: 'cart', mask: 'mixed', lines: 1_000, errors: 20 },
      { at: '12:05', service: 'cart', mask: 'mixed', lines: 30 },
      { at: '12:05', service: 'cart', mask: 'warned', lines: 50, severity: 'warn' },
      { at: '12:05', service: 'cart', mask: 'died', lines: 1, errors: 1, severity: 'fatal' },
    ]);
    expect(await trendsOf(db, { severity: 'warn' })).toEqual({ 'cart mixed': 'steady', 'cart warned': 'surging', 'cart died': 'steady' });
    expect(await list(db, { severity: 'error' })).toMatchObject([
      { fingerprint: 'mixed', trend: 'surging', lines: 1_030, errors: 20, evidence_query: 'SELECT mixed 12:00' },
      { fingerprint: 'died', trend: 'steady', severity: 'fatal' },
    ]);
    expect(Object.keys(await trendsOf(db, { severity: 'fatal' }))).toEqual(['cart died']);
    expect(await list(db, { severity: 'info' })).toMatchObject([
      { evidence_query: 'SELECT warned 12:05' },
      { evidence_query: 'SELECT mixed 12:05' },
      {},
    ]);
  });

  it('finds the new and surging errors that the statement in the documentation finds', async () => {
    const { db } = await make();
    await addServices(db);
    await addPattern(db, 'fresh', { firstSeen: '12:20' });
    await addPattern(db, 'card-<*>-refused');
    for (const mask of ['card-visa-refused', 'card-amex-refused']) await addPattern(db, mask, { aliasOf: 'card-<*>-refused' });
    await addPattern(db, 'steady');
    await addLines(db, [
      { at: '12:20', service: 'cart', mask: 'fresh', lines: 2, errors: 1 },
      { at: '12:30', service: 'cart', mask: 'card-visa-refused', lines: 10, errors: 10 },
      { at: '12:30', service: 'cart', mask: 'card-amex-refused', lines: 9, errors: 9 },
      { at: '-15:00', service: 'cart', mask: 'card-visa-refused', lines: 96, errors: 96 },
      { at: '-15:00', service: 'cart', mask: 'steady', lines: 96, errors: 96 },
      { at: '12:30', service: 'cart', mask: 'steady', lines: 12, errors: 12 },
    ]);
    const guide = await readFile(new URL('../../docs/explanation/log-patterns.md', import.meta.url), 'utf8');
    const statement = /<!-- new-and-surging -->\s+```sql\n([\s\S]+?)```/.exec(guide)?.[1] ?? expect.fail('The statement is gone.');
    const documented = await db.query(statement);
    expect(documented).toMatchObject([
      { service: 'cart', trend: 'new', errors: 1, template: 'fresh' },
      { service: 'cart', trend: 'surging', errors: 19, errors_before: 96, template: 'card <*> refused' },
    ]);
    expect(documented).toMatchObject(
      (await list(db, { severity: 'error', trends: ['new', 'surging'] })).map(({ service, trend, errors, template, first_seen }) => ({
        ...{ service, trend, errors, template, first_seen },
      })),
    );
  });

  it('keeps to the tenant, the service and whole buckets of the range', async () => {
    const { db } = await make();
    await addServices(db);
    for (const tenant of ['a', 'b']) await addPattern(db, 'seen', { tenant });
    await addLines(db, [
      { at: '11:55', service: 'cart', mask: 'seen', lines: 1 },
      { at: '12:10', service: 'cart', mask: 'seen', lines: 2 },
      { at: '12:10', service: 'checkout', mask: 'seen', lines: 3 },
      { at: '12:15', service: 'cart', mask: 'seen', lines: 4 },
      { at: '12:10', service: 'cart', mask: 'seen', lines: 5, tenant: 'b' },
    ]);
    const lines = async (filter: Partial<PatternFilter>) => (await list(db, filter)).map((row) => row.lines);
    expect(await lines({ range: between('12:12', '12:14') })).toEqual([3, 2]);
    expect(await lines({ service: 'cart' })).toEqual([6]);
    expect(await lines({ service: 'urn:svc:checkout' })).toEqual([3]);
    expect(await lines({ service: 'nobody' })).toEqual([]);
    expect(await lines({ tenantId: 'b' })).toEqual([5]);
    expect(await findNewestHour(db, 'b')).toEqual(between('11:15', '12:15'));
    expect(await findNewestHour(db, 'c')).toBeUndefined();
  });

  it('finds the pattern of a mask', async () => {
    const { db } = await make();
    await addPattern(db, 'card-<*>-refused');
    await addPattern(db, 'card-visa-refused', { aliasOf: 'card-<*>-refused', version: 3 });
    const general = { fingerprint: 'card-<*>-refused', template: 'card <*> refused', first_seen: at('-06:00') };
    expect(await findPattern(db, 'a', 'card-visa-refused')).toMatchObject({ ...general, version: 3 });
    expect(await findPattern(db, 'a', 'card-<*>-refused')).toMatchObject({ ...general, version: 1 });
    expect(await findPattern(db, 'b', 'card-visa-refused')).toBeUndefined();
  });
});
