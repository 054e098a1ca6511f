import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadAggregations } from '../../src/aggregate/catalog.ts';
import type { PartialRow } from '../../src/aggregate/partials.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { toService } from '../../src/core/urn.ts';
import { writeBatch } from '../../src/jobs/oo-agg/write-batch.ts';
import { groupTemplates } from '../../src/patterns/group.ts';
import { createMiner } from '../../src/patterns/miner.ts';
import type { Db } from '../../src/store/db.ts';
import { lockBuckets } from '../../src/store/replace-rows.ts';
import { describeDatabases } from '../support/databases.ts';
import { emptyTables, TENANT } from './pipeline.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const aggregations = (await loadAggregations([join(import.meta.dirname, '../../aggregations')])).filter(
  ({ name }) => name === 'log_pattern_5m',
);

/** Lines of one minute. */
interface Minute {
  readonly minute: number;
  readonly lines: readonly string[];
}

/** Writes minutes as one batch, as the main job does after it has read and mined them. */
async function write(db: Db, minutes: readonly Minute[]): Promise<void> {
  const miner = createMiner();
  const templates = new Map<string, string>();
  const rows = minutes.flatMap(({ minute, lines }) => {
    const time = NOON + minute * MINUTE;
    const counts = new Map<string, PartialRow>();
    for (const line of lines) {
      const { fingerprint, template } = miner.pattern(miner.code(line));
      templates.set(fingerprint, template);
      const known = counts.get(fingerprint);
      counts.set(fingerprint, {
        ...{ bucket: time / MINUTE, resource: 1n, fingerprint, count_total: Number(known?.count_total ?? 0) + 1, count_error: 0 },
        ...{ severity: 3, first_seen: time, last_seen: time, evidence: `${time}|${time}||app`, sample: known?.sample ?? line },
      });
    }
    return [...counts.values()];
  });
  const from = NOON + Math.min(...minutes.map(({ minute }) => minute)) * MINUTE;
  const to = NOON + (Math.max(...minutes.map(({ minute }) => minute)) + 1) * MINUTE;
  await db.transaction(async (tx) => {
    await lockBuckets(tx, TENANT, 'oo-agg', [NOON, NOON + 5 * MINUTE]);
    await writeBatch(
      tx,
      { tenantId: TENANT, organization: 'default', webUrl: undefined, aggregations },
      {
        ...{ window: { from, to }, partials: new Map([['log_pattern_5m', rows]]), reconciliation: [], objects: 0, bytes: 0 },
        ...{ resources: new Map([[1n, toService('shop')]]), ms: { open: 0, aggregate: 0 } },
        templates: (fingerprint) => templates.get(fingerprint) ?? '',
      },
    );
  });
}

/** Lines per general template, following aliases. */
async function countByTemplate(db: Db): Promise<Record<string, number>> {
  const rows = await db.query<{ template: string; lines: number }>(
    `select g.template, sum(c.count_total)::int as lines
     from log_pattern_5m c join log_pattern p using (tenant_id, fingerprint)
       join log_pattern g on g.tenant_id = p.tenant_id and g.fingerprint = coalesce(p.alias_of, p.fingerprint)
     group by g.template`,
  );
  return Object.fromEntries(rows.map(({ template, lines }) => [template, lines]).sort());
}

/** What the counts must be, from all lines at once. */
function expectedCounts(minutes: readonly Minute[]): Record<string, number> {
  const miner = createMiner();
  const masks = minutes.flatMap(({ lines }) => lines).map((line) => miner.pattern(miner.code(line)).template);
  const general = groupTemplates(masks);
  const counts = new Map<string, number>();
  for (const mask of masks) counts.set(general.get(mask) ?? mask, (counts.get(general.get(mask) ?? mask) ?? 0) + 1);
  return Object.fromEntries([...counts].sort());
}

const NAMES = 'ada bob cleo dan eve finn gus hana ivo jane kim lou mia'.split(' ');
const name = fc.constantFrom(...NAMES);
const line = fc.oneof(
  fc.tuple(name, fc.nat(99)).map(([user, ms]) => `user ${user} has left the building after ${ms} ms`),
  name.map((user) => `login user=${user}`),
  fc.tuple(name, name).map(([user, host]) => `moved ${user} to the host of ${host} at last`),
  fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }).map((ids) => `queued the orders of today: ${ids.join(', ')}`),
  fc.constantFrom('ready', 'cache is cold', 'user x has left the building after <*> ms'),
);
const minutes = fc
  .array(fc.array(line, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 8 })
  .map((all) => all.map((lines, minute): Minute => ({ minute, lines })));

/** The minutes in any order, some of them twice, cut into batches. */
const history = minutes.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.array(fc.constantFrom(...all), { maxLength: 3 }).chain((again) => {
      const whole = [...all, ...again];
      return fc.shuffledSubarray(whole, { minLength: whole.length, maxLength: whole.length });
    }),
  ),
);

describeDatabases('patterns of a tenant', ['pglite', 'postgres 15', 'postgres 18'], (make, database) => {
  it('are the same in any order of windows and any replay, one row of the general template with what all its lines tell', async () => {
    const { db } = await make();
    await fc.assert(
      fc.asyncProperty(history, async ([all, order]) => {
        await emptyTables(db);
        for (const minute of order) await write(db, [minute]);
        const expected = expectedCounts(all);
        expect(await countByTemplate(db)).toEqual(expected);
        expect(Object.values(expected).reduce((sum, count) => sum + count, 0)).toBe(all.flatMap(({ lines }) => lines).length);
        const wrong = await db.query(
          `select g.fingerprint from log_pattern g join log_pattern p on p.tenant_id = g.tenant_id and coalesce(p.alias_of, p.fingerprint) = g.fingerprint and p.mask
           group by g.fingerprint, g.first_seen, g.last_seen, g.alias_of
           having g.alias_of is not null or g.first_seen <> min(p.first_seen) or g.last_seen <> max(p.last_seen)`,
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it('stay reachable by the fingerprint of a template that a more general one has replaced', async () => {
    const { db } = await make();
    const lineOf = (user: string, place: string) => `user ${user} has left the ${place} for good`;
    await write(db, [{ minute: 0, lines: NAMES.slice(0, 6).map((user) => lineOf(user, 'building')) }]);
    const [first] = await db.query<{ fingerprint: string }>('select fingerprint from log_pattern where not mask');
    for (const [index, place] of ['house', 'room', 'roof', 'yard', 'train'].entries()) {
      await write(db, [{ minute: index + 1, lines: NAMES.slice(0, 6).map((user) => lineOf(user, place)) }]);
    }
    expect(await countByTemplate(db)).toEqual({ 'user <*> has left the <*> for good': 36 });
    const [heir] = await db.query(
      'select g.template, p.version from log_pattern p join log_pattern g on g.fingerprint = p.alias_of where p.fingerprint = $1',
      [first?.fingerprint],
    );
    expect(heir).toEqual({ template: 'user <*> has left the <*> for good', version: 2 });
  });

  if (database === 'pglite') return;
  it('are agreed on by two workers at once', async () => {
    const { db } = await make();
    await fc.assert(
      fc.asyncProperty(history, async ([all, order]) => {
        await emptyTables(db);
        const lanes = [order.filter((_, index) => index % 2 === 0), order.filter((_, index) => index % 2 === 1)];
        await Promise.all(
          lanes.map(async (lane) => {
            for (const minute of lane) await write(db, [minute]);
          }),
        );
        expect(await countByTemplate(db)).toEqual(expectedCounts(all));
      }),
      { numRuns: 8 },
    );
  });
});
