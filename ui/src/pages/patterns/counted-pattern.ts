import type { PatternList } from '../../../../src/api/contract.ts';

/** A pattern in the lines of one service, or of several that are told in one. */
export type CountedPattern = PatternList['items'][number] & {
  /** The others of them. */
  readonly others?: readonly Pick<PatternList['items'][number], 'service' | 'resource'>[];
};

const ORDER = ['new', 'surging', 'steady'];

/** Patterns of which each stands once for each trend, with the lines, errors and points of all its services; in order of trend, then most errors. */
export function joinServices(items: readonly CountedPattern[]): CountedPattern[] {
  const joined = [...Map.groupBy(items, ({ fingerprint, trend }) => `${trend} ${fingerprint}`).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.reduce(addService, first)],
  );
  return joined.toSorted((left, right) => ORDER.indexOf(left.trend) - ORDER.indexOf(right.trend) || right.errors - left.errors);
}

function addService(sum: CountedPattern, { service, resource, lines, errors, points = [] }: CountedPattern): CountedPattern {
  return {
    ...sum,
    ...{ lines: sum.lines + lines, errors: sum.errors + errors, others: [...(sum.others ?? []), { service, resource }] },
    points: (sum.points ?? []).map((value, index) => value + (points[index] ?? 0)),
  };
}

/** `2 new, 1 surging, 14 steady`, without what there is none of. */
export function countTrends(items: readonly Pick<CountedPattern, 'trend'>[]): string {
  return (['new', 'surging', 'steady'] as const)
    .map((trend) => [items.filter((item) => item.trend === trend).length, trend] as const)
    .filter(([number]) => number > 0)
    .map(([number, trend]) => `${number} ${trend}`)
    .join(', ');
}
