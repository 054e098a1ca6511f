import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyMetricStreams, type MetricStreamFacts } from '../../src/core/metric-kind.ts';

type Given = readonly [stream: string, type?: string | undefined, has?: 'bounds' | 'quantiles' | undefined];
const toFacts = (given: readonly Given[]): MetricStreamFacts[] =>
  given.map(([stream, type, has]) => ({ stream, type, hasBounds: has === 'bounds', hasQuantiles: has === 'quantiles' }));
const classify = (...given: Given[]): string[] =>
  classifyMetricStreams(toFacts(given)).map(({ stream, family, kind, role }) => `${stream}: ${kind} ${family} ${role}`);

describe('classifyMetricStreams', () => {
  it('follows the recorded type', () => {
    expect(
      classify(
        ['a_bucket', 'histogram', 'bounds'],
        ['a_count', 'histogram'],
        ['a_sum', 'histogram'],
        ['a_max', 'histogram'],
        ['b_bucket', 'exponentialhistogram', 'bounds'],
        ['c', 'summary', 'quantiles'],
        ['c_count', 'summary'],
        ['d', 'counter'],
        ['e_total', 'gauge'],
        ['f_count', 'gauge'],
      ),
    ).toEqual([
      'a_bucket: histogram a bucket',
      'a_count: histogram a count',
      'a_sum: histogram a sum',
      'a_max: gauge a_max value',
      'b_bucket: exponential_histogram b bucket',
      'c: summary c quantile',
      'c_count: summary c count',
      'd: counter d value',
      'e_total: gauge e_total value',
      'f_count: gauge f_count value',
    ]);
  });

  it('goes by the name where no type is recorded, or one that says nothing', () => {
    expect(
      classify(
        ['a_bucket', 'unknown', 'bounds'],
        ['a_count'],
        ['a_sum'],
        ['s3_bucket'],
        ['b_count'],
        ['c_count'],
        ['c_sum'],
        ['d', undefined, 'quantiles'],
        ['d_sum'],
        ['e_total'],
        ['f'],
        ['_count'],
      ),
    ).toEqual([
      'a_bucket: histogram a bucket',
      'a_count: histogram a count',
      'a_sum: histogram a sum',
      's3_bucket: gauge s3_bucket value',
      'b_count: gauge b_count value',
      'c_count: summary c count',
      'c_sum: summary c sum',
      'd: summary d quantile',
      'd_sum: summary d sum',
      'e_total: counter e_total value',
      'f: gauge f value',
      '_count: gauge _count value',
    ]);
  });

  it('decides each stream once, whatever their order', () => {
    const stream = fc.tuple(
      fc.constantFrom('a', 'a_bucket', 'a_count', 'a_sum', 'b_total', 'b_bucket', 'b_count'),
      fc.constantFrom(undefined, 'counter', 'gauge', 'histogram', 'summary', 'unknown'),
      fc.constantFrom(undefined, 'bounds' as const, 'quantiles' as const),
    );
    fc.assert(
      fc.property(fc.uniqueArray(stream, { selector: ([name]) => name }), (given) => {
        const sorted = (list: readonly string[]) => list.toSorted();
        expect(sorted(classify(...given.toReversed()))).toEqual(sorted(classify(...given)));
        expect(classify(...given)).toHaveLength(given.length);
      }),
    );
  });
});
