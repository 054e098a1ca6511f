import type { FilterContext } from './evaluation.ts';
import { hasMark, UNKNOWN_PIECE } from './marks.ts';
import { compare, isEqual, isIn, member } from './operators.ts';
import { isTagged, isTrue, type RunValue, type Table, toTable, UNKNOWN } from './run-value.ts';
import { applyTest } from './tests.ts';

type Named = ReadonlyMap<string, RunValue>;
/** A filter by name, for those that apply another one to each item. */
export type ApplyFilter = (context: FilterContext, name: string, operand: RunValue, args: readonly RunValue[], named: Named) => RunValue;

function attributeOf({ evaluation }: FilterContext, item: RunValue, path: RunValue): RunValue {
  if (typeof path === 'number') return member(evaluation.marks, item, path);
  if (typeof path !== 'string') return UNKNOWN;
  return evaluation.marks
    .plain(path)
    .split('.')
    .reduce<RunValue>((value, key) => member(evaluation.marks, value, key), item);
}

function sortItems(context: FilterContext, items: readonly RunValue[], named: Named): RunValue[] {
  const attribute = named.get('attribute');
  const keyOf = (item: RunValue) => (attribute === undefined ? item : attributeOf(context, item, attribute));
  const sorted = items.toSorted((a, b) => compare(context.evaluation.marks, keyOf(a), keyOf(b)) ?? 0);
  return isTrue(named.get('reverse')) === true ? sorted.reverse() : sorted;
}

function uniqueItems(context: FilterContext, items: readonly RunValue[]): RunValue[] {
  const seen = new Map<string, RunValue>();
  for (const item of items) {
    const text = context.toText(item);
    const key = context.evaluation.marks.plain(text);
    if (!seen.has(key) || text.includes(UNKNOWN_PIECE)) seen.set(text.includes(UNKNOWN_PIECE) ? `${key} ${seen.size}` : key, item);
  }
  return [...seen.values()];
}

function extract({ evaluation: { marks } }: FilterContext, key: RunValue, args: readonly RunValue[]): RunValue {
  const [container, path] = args;
  const keys = Array.isArray(path) ? path : path === undefined ? [] : [path];
  const first = typeof key === 'number' || typeof key === 'string' ? member(marks, container, key) : UNKNOWN;
  return keys.reduce<RunValue>(
    (value, each) => (typeof each === 'number' || typeof each === 'string' ? member(marks, value, each) : UNKNOWN),
    first,
  );
}

function mapItems(
  context: FilterContext,
  items: readonly RunValue[],
  args: readonly RunValue[],
  named: Named,
  apply: ApplyFilter,
): RunValue {
  const attribute = named.get('attribute');
  if (attribute !== undefined) return items.map((item) => attributeOf(context, item, attribute) ?? named.get('default'));
  const [filter, ...rest] = args;
  if (typeof filter !== 'string') return UNKNOWN;
  const name = context.evaluation.marks.plain(filter);
  if (name === 'extract') return items.map((item) => extract(context, item, rest));
  return items.map((item) => apply(context, name, item, rest, named));
}

/** What a test keeps of items; those of which nothing can be known are kept. */
function choose(
  context: FilterContext,
  items: readonly RunValue[],
  test: RunValue,
  rest: readonly RunValue[],
  rejects: boolean,
  of: (item: RunValue) => RunValue,
): RunValue {
  const name = typeof test === 'string' ? test : undefined;
  return items.filter((item) => {
    const outcome = name === undefined ? isTrue(of(item)) : isTrue(applyTest(context.evaluation.marks, name, of(item), rest, false));
    return outcome === undefined || outcome !== rejects;
  });
}

function chooseItems(context: FilterContext, name: string, items: readonly RunValue[], args: readonly RunValue[]): RunValue {
  const rejects = name.startsWith('reject');
  if (!name.endsWith('attr')) return choose(context, items, args[0], args.slice(1), rejects, (item) => item);
  return choose(context, items, args[1], args.slice(2), rejects, (item) => attributeOf(context, item, args[0]));
}

function flatten(items: readonly RunValue[], depth: number): RunValue[] {
  return items.flatMap((item) => (Array.isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item]));
}

function combineLists(
  { evaluation: { marks } }: FilterContext,
  name: string,
  items: readonly RunValue[],
  other: RunValue,
): RunValue[] | undefined {
  if (!Array.isArray(other)) return isTagged(other, 'unknown') || other === undefined ? [...items] : undefined;
  const has = (list: readonly RunValue[], item: RunValue) => isIn(marks, item, [...list]);
  if (name === 'union') return [...items, ...other.filter((item) => has(items, item) !== true)];
  if (name === 'intersect') return items.filter((item) => has(other, item) !== false);
  if (name === 'difference') return items.filter((item) => has(other, item) !== true);
  return [...items.filter((item) => has(other, item) !== true), ...other.filter((item) => has(items, item) !== true)];
}

function join(context: FilterContext, items: readonly RunValue[], args: readonly RunValue[], named: Named): string {
  const separator = context.toText(args[0] ?? named.get('d') ?? '');
  context.evaluation.budget.steps -= (items.length * separator.length) >> 4;
  const attribute = args[1] ?? named.get('attribute');
  const limited = separator.length > 1000 ? '' : separator;
  return items.map((item) => context.toText(attribute === undefined ? item : attributeOf(context, item, attribute))).join(limited);
}

function filterItems(
  context: FilterContext,
  name: string,
  items: RunValue[],
  args: readonly RunValue[],
  named: Named,
  apply: ApplyFilter,
): RunValue {
  const { marks } = context.evaluation;
  switch (name) {
    case 'first':
      return items.length > 0 ? items[0] : UNKNOWN;
    case 'last':
      return items.length > 0 ? items.at(-1) : UNKNOWN;
    case 'random':
      // Any of them may be meant.
      return items.every((item) => typeof item === 'string' && hasMark(item)) ? items.join(' ') : UNKNOWN;
    case 'length':
    case 'count':
      return items.length;
    case 'list':
      return [...items];
    case 'reverse':
      return items.toReversed();
    case 'sort':
      return sortItems(context, items, named);
    case 'unique':
      return uniqueItems(context, items);
    case 'join':
      return join(context, items, args, named);
    case 'map':
      return mapItems(context, items, args, named, apply);
    case 'select':
    case 'reject':
    case 'selectattr':
    case 'rejectattr':
      return chooseItems(context, name, items, args);
    case 'flatten':
      return flatten(items, typeof args[0] === 'number' ? Math.min(args[0], 10) : 10);
    case 'union':
    case 'intersect':
    case 'difference':
    case 'symmetric_difference':
      return combineLists(context, name, items, args[0]);
    case 'zip':
      return items.map((item, index) => [item, ...args.map((each) => (Array.isArray(each) ? each[index] : UNKNOWN))]);
    case 'min':
    case 'max':
      return sortItems(context, items, named).at(name === 'min' ? 0 : -1) ?? UNKNOWN;
    case 'sum':
      return items.every((item) => Array.isArray(item))
        ? flatten(items, 1)
        : items.reduce<number>((sum, item) => sum + (typeof item === 'number' ? item : 0), 0);
    case 'batch': {
      const size = typeof args[0] === 'number' && args[0] >= 1 ? Math.trunc(args[0]) : items.length || 1;
      return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
    }
    case 'items2dict': {
      const keyName = named.get('key_name') ?? 'key';
      const valueName = named.get('value_name') ?? 'value';
      return toTable(
        new Map(
          items.map((item) => [marks.plain(context.toText(attributeOf(context, item, keyName))), attributeOf(context, item, valueName)]),
        ),
      );
    }
    case 'groupby':
      return items.map((item) => [attributeOf(context, item, args[0]), [item]]);
    case 'subelements':
      return items.flatMap((item) => {
        const below = attributeOf(context, item, args[0]);
        return Array.isArray(below) ? below.map((each) => [item, each]) : [];
      });
    case 'index_of':
      return items.findIndex((item) => isEqual(marks, item, args[0]) === true);
    default:
      return undefined;
  }
}

function filterTable(context: FilterContext, name: string, table: Table, args: readonly RunValue[]): RunValue {
  const entries = (): RunValue[] => table.keys().map((key) => [key, table.get(key)]);
  switch (name) {
    case 'length':
    case 'count':
      return table.keys().length;
    case 'list':
      return [...table.keys()];
    case 'items':
      return entries();
    case 'dictsort':
      return entries().toSorted((a, b) => (context.toText(a) < context.toText(b) ? -1 : 1));
    case 'dict2items':
      return table.keys().map((key) =>
        toTable(
          new Map<string, RunValue>([
            ['key', key],
            ['value', table.get(key)],
          ]),
        ),
      );
    case 'combine':
      return toTable(
        new Map(
          [table, ...args.flat()].flatMap((each) =>
            isTagged(each, 'table') ? each.keys().map((key): [string, RunValue] => [key, each.get(key)]) : [],
          ),
        ),
      );
    case 'join':
      return table.keys().join(context.toText(args[0] ?? ''));
    default:
      return undefined;
  }
}

/** Applies a filter to a list or table; undefined when it is not known. */
export function applyListFilter(
  context: FilterContext,
  name: string,
  operand: RunValue,
  args: readonly RunValue[],
  named: Named,
  apply: ApplyFilter,
): RunValue {
  if (isTagged(operand, 'table')) {
    const filtered = filterTable(context, name, operand, args);
    return filtered === undefined &&
      ['map', 'select', 'reject', 'sort', 'first', 'unique', 'difference', 'union', 'intersect'].includes(name)
      ? filterItems(context, name, [...operand.keys()], args, named, apply)
      : filtered;
  }
  return Array.isArray(operand) ? filterItems(context, name, operand, args, named, apply) : undefined;
}
