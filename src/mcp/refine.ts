import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros, parseTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { EdgeView } from '../graph/edge-view.ts';
import { type FoundResource, findResource } from '../graph/find-resource.ts';
import { type BucketTable, findKeptRange, findNearestRows, REACH_DAYS } from '../store/nearest-rows.ts';
import { listScopes } from '../store/scope-list.ts';
import { listSimilarResources } from '../store/similar-resources.ts';
import type { Question } from './tool.ts';

/** The resource that a reference means. Rejects as `findResource` does; for an unknown one the message names what it may have meant. */
export async function findNamed({ db, tenantId }: Question, reference: string): Promise<FoundResource> {
  return findResource(db, tenantId, reference).catch(async (error: unknown) => {
    if (!(error instanceof ObserveBridgeError) || error.code !== 'OB_RESOURCE_UNKNOWN') throw error;
    const similar = await listSimilarResources(db, tenantId, reference, 5);
    const rest = similar.length > 0 ? `Most like it are ${similar.join(', ')}.` : 'Nothing is like it; find_resource lists what there is.';
    throw new ObserveBridgeError(error.code, error.stage, `${error.message} ${rest}`, error);
  });
}

const CONTENTS: Readonly<Record<BucketTable, string>> = { service_call_5m: 'calls', log_pattern_5m: 'log lines', metric_1m: 'metrics' };

/** A hint for a range in which the tenant, or one resource, has no rows: where the nearest ones are. Undefined when the range has some. */
export async function hintAtRows(
  { db, tenantId }: Question,
  table: BucketTable,
  range: Window,
  resource?: FoundResource,
): Promise<string | undefined> {
  const { within, before, after } = await findNearestRows(db, { tenantId, table, range, resourceId: resource?.id });
  if (within) return undefined;
  const sentence = `From ${formatTime(range.from)} to ${formatTime(range.to)} there are no ${CONTENTS[table]}${resource ? ` of ${resource.urn}` : ''}`;
  const places = [
    ...(before === null ? [] : [`the last before begin at ${before}`]),
    ...(after === null ? [] : [`the first after at ${after}`]),
  ];
  if (places.length > 0) return `${sentence}; ${places.join(', ')}.`;
  const kept = await findKeptRange(db, tenantId, table);
  if (kept)
    return `${sentence}, nor in the ${REACH_DAYS} days before and after; the tenant has ${CONTENTS[table]} from ${kept.first} to ${kept.last}.`;
  const others = [];
  for (const other of ['service_call_5m', 'log_pattern_5m', 'metric_1m'] as const) {
    const range = await findKeptRange(db, tenantId, other);
    if (range) others.push(`${CONTENTS[other]} from ${range.first} to ${range.last}`);
  }
  return `The tenant has no ${CONTENTS[table]} at all${others.length > 0 ? `; it has ${others.join(' and ')}` : ', and nothing else yet'}.`;
}

/** A hint for a time at which nothing is declared: since when documents are known. */
export async function hintAtScopes({ db, tenantId }: Pick<Question, 'db' | 'tenantId'>, time: Micros): Promise<string | undefined> {
  const scopes = await listScopes(db, { tenantId, limit: 1000 });
  if (scopes.length === 0) return 'No topology document of this tenant has been read yet.';
  const observed = scopes.map(({ observed_at }) => observed_at).toSorted();
  const edges = scopes.reduce((total, scope) => total + scope.edges, 0);
  const [first = ''] = observed;
  if ((parseTime(first) ?? 0) < time) return undefined;
  return `Nothing was declared then: ${edges} edges of ${scopes.length} documents were observed from ${first} to ${observed.at(-1)}; topology_at without \`at\` lists them.`;
}

/** The range that the calls of a view lie in, in words. */
export const rangeOf = ({ callsFrom, callsTo }: EdgeView): string => `from ${callsFrom} to ${callsTo}`;

/** Hint and provenance of an answer out of the edges at a time. */
export async function describeView(question: Question, view: EdgeView, isEmpty: boolean) {
  const range = { from: parseTime(view.callsFrom) ?? 0, to: parseTime(view.callsTo) ?? 0 };
  return {
    hint: isEmpty ? await hintAtRows(question, 'service_call_5m', range) : undefined,
    provenance: {
      tables: ['service_call_5m', 'topo_edge_time'],
      ...{ calls_from: view.callsFrom, calls_to: view.callsTo, declared_at: view.declaredAt },
    },
  };
}
