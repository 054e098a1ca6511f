import type { PatternList } from '../../../../src/api/contract.ts';

export type CountedPattern = PatternList['items'][number];

/** Patterns of one service, in the order of the answer. */
export interface PatternGroup {
  readonly service: string;
  readonly resource: string;
  readonly patterns: readonly CountedPattern[];
}

/** Patterns by service. New ones come first in the answer, then surging ones, so the services that have them come first too. */
export function groupByService(items: readonly CountedPattern[]): PatternGroup[] {
  return [...Map.groupBy(items, ({ resource }) => resource)].map(([resource, patterns]) => ({
    ...{ service: patterns[0]?.service ?? resource, resource, patterns },
  }));
}

/** `2 new, 1 surging, 14 steady`, without what there is none of. */
export function countTrends(items: readonly Pick<CountedPattern, 'trend'>[]): string {
  return (['new', 'surging', 'steady'] as const)
    .map((trend) => [items.filter((item) => item.trend === trend).length, trend] as const)
    .filter(([number]) => number > 0)
    .map(([number, trend]) => `${number} ${trend}`)
    .join(', ');
}
