import { assert, integer, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { type LineageAttempt, toLineageDatasets, toLineageEvent, toLineageRunId } from '../../src/core/lineage.ts';
import { parseTime } from '../../src/core/time.ts';

const time = (text: string): number => parseTime(text) ?? Number.NaN;
const window = { from: time('2023-01-30T12:00:00Z'), to: time('2023-01-30T12:01:00Z') };
const attempt: LineageAttempt = { job: 'oo-agg', tenantId: 'demo', window, attempt: 2 };
const runId = '018f3a5e-1c2d-7000-8000-000000000000';
const context = { namespace: 'ops', version: '9.8.7', at: time('2023-01-30T12:03:04.5Z'), outputs: [] };
const producer = 'https://github.com/observebridge/observebridge';
const facet = (version: string, name: string) => ({
  _producer: producer,
  _schemaURL: `https://openlineage.io/spec/facets/${version}/${name}.json#/$defs/${name}`,
});

describe('toLineageEvent', () => {
  it('tells of a window that was run for an orchestrator', () => {
    const caller = { runId, origin: { system: 'argo', name: 'ops-x7k' } };
    const outputs = toLineageDatasets('postgres://me:secret@db.test/ops', ['metric_1m']);
    const event = toLineageEvent({ ...attempt, caller }, { eventType: 'COMPLETE' }, { ...context, outputs });
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      eventType: 'COMPLETE',
      eventTime: '2023-01-30T12:03:04.500000Z',
      producer,
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      run: {
        runId: toLineageRunId('ops', attempt),
        facets: {
          nominalTime: {
            ...facet('1-0-1', 'NominalTimeRunFacet'),
            nominalStartTime: '2023-01-30T12:00:00Z',
            nominalEndTime: '2023-01-30T12:01:00Z',
          },
          processing_engine: { ...facet('1-1-1', 'ProcessingEngineRunFacet'), name: 'ObserveBridge', version: '9.8.7' },
          parent: { ...facet('1-2-0', 'ParentRunFacet'), run: { runId }, job: { namespace: 'argo', name: 'ops-x7k' } },
        },
      },
      job: { namespace: 'ops', name: 'demo.oo-agg' },
      inputs: [],
      outputs: [{ namespace: 'postgres://db.test:5432', name: 'ops.public.metric_1m' }],
    });
  });

  it('names a parent that told no origin after this program, and none where the schedule asked', () => {
    const called = toLineageEvent({ ...attempt, caller: { runId } }, { eventType: 'START' }, context);
    expect(called.run.facets.parent).toMatchObject({ run: { runId }, job: { namespace: 'observebridge', name: 'oo-agg' } });
    expect(toLineageEvent(attempt, { eventType: 'ABORT' }, context).run.facets).not.toHaveProperty('parent');
  });

  it('says in one sentence why it failed, without secrets or causes', () => {
    const error = new ObserveBridgeError('OB_DATABASE_FAILED', 'database', 'postgres://me:pw@db broke.', new Error('row 7'));
    const event = toLineageEvent(attempt, { eventType: 'FAIL', error }, context);
    expect(event.run.facets.errorMessage).toEqual({
      ...facet('1-0-1', 'ErrorMessageRunFacet'),
      message: 'postgres://me:***@db broke.',
      programmingLanguage: 'TypeScript',
    });
    expect(JSON.stringify(event)).not.toContain('row 7');
  });
});

describe('toLineageRunId', () => {
  it('is a fixed UUID of version 8', () => {
    expect(toLineageRunId('observebridge', attempt)).toBe('8856d8e2-5223-8283-b8aa-025c509ae7da');
  });

  it('differs for different attempts only', () => {
    const parts = tuple(string(), string(), string(), integer({ min: 0 }), integer({ min: 0 }), integer({ min: 1 }));
    type Parts = [string, string, string, number, number, number];
    const idOf = ([namespace, job, tenantId, from, to, number]: Parts) =>
      toLineageRunId(namespace, { job, tenantId, window: { from, to }, attempt: number });
    assert(
      property(parts, parts, (one, other) => {
        expect(idOf(one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(idOf(one) === idOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
    expect(idOf(['a', 'bc', 'd', 1, 2, 3])).not.toBe(idOf(['ab', 'c', 'd', 1, 2, 3]));
  });
});

describe('toLineageDatasets', () => {
  it.each([
    ['postgres://me:secret@db.test:6432/ops?sslmode=require', 'postgres://db.test:6432', 'ops.public.t'],
    ['postgresql://me:secret@[::1]/ops', 'postgres://[::1]:5432', 'ops.public.t'],
    ['postgres://me:secret@db.test', 'postgres://db.test:5432', 'me.public.t'],
    ['pglite:/var/lib/observebridge/db', 'pglite:/var/lib/observebridge/db', 'postgres.public.t'],
  ])('names the tables of %s', (url, namespace, name) => {
    expect(toLineageDatasets(url, ['t'])).toEqual([{ namespace, name }]);
  });

  it('names none where the address cannot be read', () => {
    expect(toLineageDatasets('postgres://me:secret@one,two:70000/ops', ['t'])).toEqual([]);
  });
});
