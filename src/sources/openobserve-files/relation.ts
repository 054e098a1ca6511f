import type { Signal } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { Window } from '../../core/window.ts';
import {
  emptyRelation,
  FILE_COLUMN,
  IMPLAUSIBLE_COLUMN,
  implausibleTime,
  inWindow,
  isPlausible,
  type KeptLabels,
  quoteName,
  quoteText,
  toCanonical,
} from '../canonical.ts';
import { fromDate, type LiveObject } from './object-key.ts';

export interface RelationOptions {
  readonly signal: Signal;
  readonly objects: readonly LiveObject[];
  readonly range: Window;
  /** Directory that holds one directory per stream with the objects below. */
  readonly directory: string;
  readonly keptLabels: KeptLabels | undefined;
  readonly session: SqlSession;
}

/** The canonical select over the rows of the objects in the range. A row reads the same whatever other objects are read with it. */
export async function toRelation(options: RelationOptions): Promise<string> {
  const { signal, objects, range, directory, session } = options;
  if (objects.length === 0) return emptyRelation(signal);
  const { columns, layouts } = await readLayouts(objects, session);
  let from = `(${layouts.map((layout) => `select * ${replacing(layout.texts)} from ${parquet(layout.objects)} where ${inWindow(range)}`).join(' union all by name ')})`;
  const misfiled = await fileImplausibleRows(layouts, range, session);
  if (misfiled.length > 0) {
    columns.set(IMPLAUSIBLE_COLUMN, 'BOOLEAN');
    from = `(select *, false as ${IMPLAUSIBLE_COLUMN} from ${from} union all by name ${misfiled.join(' union all by name ')})`;
  }
  const names = new Set(objects.map((object) => object.stream));
  // The engine counts characters, not UTF-16 units.
  const start = [...directory].length + 2;
  const stream = names.size === 1 ? quoteText(objects[0]?.stream ?? '') : `split_part(substr(${FILE_COLUMN}, ${start}), '/', 1)`;
  return toCanonical(signal, { columns, from, stream }, options.keptLabels);
}

/** Paths as the engine's file functions take them, which would otherwise look for patterns in them. */
export function toPathList(objects: readonly Pick<LiveObject, 'path'>[]): string {
  return `[${objects.map(({ path }) => quoteText(path.replace(/[[*?]/g, (character) => `[${character}]`))).join(', ')}]`;
}

/** Objects whose columns have the same types; `texts` are the columns that have another type elsewhere, with their text. */
interface Layout {
  readonly objects: readonly LiveObject[];
  readonly texts: readonly string[];
}

/**
 * OpenObserve widens columns over time, so that one column has different types in different objects. Such a column is read as the text that
 * each object's own type gives: the engine's common type would make `7` of one object `7.0` beside another.
 */
async function readLayouts(
  objects: readonly LiveObject[],
  session: SqlSession,
): Promise<{ columns: Map<string, string>; layouts: Layout[] }> {
  const schema = `parquet_schema(${toPathList(objects)}) where num_children is null`;
  const found = await session.rows<{ name: string; type: string }>(
    `select lower(name) as name, duckdb_type as type from ${schema} group by all order by all`,
  );
  const columns = new Map<string, string>();
  const widened = new Set<string>();
  for (const { name, type } of found) {
    if (columns.has(name) && name !== '_timestamp') widened.add(name);
    columns.set(name, columns.has(name) ? 'VARCHAR' : type);
  }
  if (widened.size === 0) return { columns, layouts: [{ objects, texts: [] }] };
  const types = await session.rows<{ path: string; name: string; type: string }>(
    `select file_name as path, lower(name) as name, duckdb_type as type from ${schema} and lower(name) in (${[...widened].map(quoteText).join(', ')}) order by all`,
  );
  const typesOf = Map.groupBy(types, ({ path }) => path);
  const textsOf = ({ path }: LiveObject): string[] => (typesOf.get(path) ?? []).map(({ name, type }) => toText(name, type));
  const alike = Map.groupBy(objects, (object) => JSON.stringify(textsOf(object)));
  return { columns, layouts: [...alike.values()].map((group) => ({ objects: group, texts: group.slice(0, 1).flatMap(textsOf) })) };
}

function toText(name: string, type: string): string {
  const column = quoteName(name);
  return `${type === 'BLOB' ? `coalesce(try(decode(${column})), ${column}::varchar)` : `${column}::varchar`} as ${column}`;
}

const replacing = (columns: readonly string[]): string => (columns.length === 0 ? '' : `replace (${columns.join(', ')})`);

/** Partition directories hold sanitised values or hashes, so they must not become columns. */
function parquet(objects: readonly LiveObject[]): string {
  return `read_parquet(${toPathList(objects)}, union_by_name = true, filename = '${FILE_COLUMN}', hive_partitioning = false)`;
}

/**
 * Rows whose time cannot be true belong to no window; so that they are counted once all the same, they are filed under the earliest
 * plausible time of their object (else its hour) and marked. Only objects whose recorded envelope is impossible can hold such rows.
 */
async function fileImplausibleRows(layouts: readonly Layout[], range: Window, session: SqlSession): Promise<string[]> {
  const selects: string[] = [];
  for (const { objects, texts } of layouts) {
    for (const object of objects) {
      if (isPlausible(object.minTime) && isPlausible(object.maxTime)) continue;
      const [first] = await session.rows<{ first: bigint | null }>(
        `select min(_timestamp)::bigint as first from ${parquet([object])} where not ${implausibleTime}`,
      );
      const time = first?.first === null || first === undefined ? fromDate(object.date) : Number(first.first);
      if (time < range.from || time >= range.to) continue;
      const columns = [`${time}::bigint as _timestamp`, ...texts];
      selects.push(`select * ${replacing(columns)}, true as ${IMPLAUSIBLE_COLUMN} from ${parquet([object])} where ${implausibleTime}`);
    }
  }
  return selects;
}
