import { expect, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { createService } from './service.ts';
import { fillWorld } from './world.ts';

test('patterns come with their lines per step up to the end of the range, when they are asked for', async () => {
  await using db = await openDatabase('pglite:memory');
  await migrate(db);
  const { a } = await fillWorld(db);
  await db.query(
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity)
     values ('a', '2026-01-01 09:00+00', 2, $1, 7, 0, 'info')`,
    [a.fingerprint],
  );
  await using service = await createService(db);
  const range = 'tenant_id=a&from=2026-01-01T10:00:00Z&to=2026-01-01T10:10:00Z';
  const { body } = await service.call('GET', `/api/v1/patterns?${range}&points=true`);
  expect(body).toMatchObject({ points_from: '2026-01-01T06:10:00Z', step_seconds: 300 });
  expect(body.items).toHaveLength(1);
  const points = Array.from({ length: 48 }, () => 0);
  points[34] = 7;
  points[47] = 15;
  expect(body.items[0].points).toEqual(points);
  const { body: errors } = await service.call('GET', `/api/v1/patterns?${range}&points=true&severity=error`);
  expect(errors.items[0].points).toEqual(points.with(34, 0));
  const { body: without } = await service.call('GET', `/api/v1/patterns?${range}`);
  expect(without).not.toHaveProperty('points_from');
  expect(without.items[0]).not.toHaveProperty('points');
  const { body: day } = await service.call(
    'GET',
    '/api/v1/patterns?tenant_id=a&from=2025-12-31T10:10:00Z&to=2026-01-01T10:10:00Z&points=true',
  );
  expect(day).toMatchObject({ points_from: '2025-12-30T10:10:00Z', step_seconds: 7200 });
  expect(day.items[0].points).toHaveLength(24);
  expect(day.items[0].points.slice(-2)).toEqual([0, 22]);
  const { body: week } = await service.call(
    'GET',
    '/api/v1/patterns?tenant_id=a&from=2025-12-25T10:10:00Z&to=2026-01-01T10:10:00Z&points=true',
  );
  expect(week).toMatchObject({ points_from: '2025-12-18T11:00:00Z', step_seconds: 14 * 3600 });
  expect(week.items[0].points.at(-1)).toBe(22);
});
