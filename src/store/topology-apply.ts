import type { Observation } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';
import { type ClosingVerdict, isOtherLineage, judgeClosing, placeInPast, timeOfNewest } from '../core/topology-diff.ts';
import type { Tx } from './db.ts';
import { countOpen, diffNewest, diffPast, dropClosing, type EdgeDiff, stageEdges, writeDiff } from './topology-edges.ts';
import { type DeclaredResources, writeDeclaredResources } from './topology-resources.ts';
import {
  getScope,
  lastClosing,
  listObservations,
  lockScopes,
  recordObservation,
  type ScopeKey,
  type ScopeState,
  type ScopeStatus,
  writeScope,
} from './topology-scope.ts';

export interface ApplyOptions {
  /** When this is written down; never before what was written down about the scope already. */
  readonly recordedAt: Micros;
  /** Largest share of the open edges of a scope that may close at once, 0 to 1. */
  readonly closeLimit: number;
  /** Closes also what looks like a mistake. */
  readonly force?: boolean;
  /** How many complete observations in a row must miss an edge before it closes; 1 if absent. */
  readonly misses?: number;
  /** The configured place that gave the observations. */
  readonly input?: string;
}

/** What became of one observation. `edges` are open afterwards; `late` ones were older than others and changed only the past, `stale` ones nothing. */
export interface AppliedObservation {
  readonly source: string;
  readonly scope: string;
  readonly status: Exclude<ScopeStatus, 'orphaned'> | 'late' | 'stale';
  readonly reason: string | null;
  readonly edges: number;
  readonly opened: number;
  readonly closed: number;
  readonly changed: number;
  readonly resources: number;
  readonly problems: number;
}

/**
 * Writes what one look at a scope gave. Only edges of the same source and scope change. Missing ones close at the time of a complete observation
 * unless that looks like a mistake; an older document only fills its own interval of the past. The same observation twice changes nothing.
 */
export async function applyObservation(
  tx: Tx,
  tenantId: string,
  observation: Observation,
  options: ApplyOptions,
): Promise<AppliedObservation> {
  const [applied] = await applyObservations(tx, tenantId, [{ ...options, observation }]);
  if (!applied) throw new RangeError('one observation gives one result');
  return applied;
}

/** Writes the observations of one run, each with its own options and each as `applyObservation` does; they become visible together. */
export async function applyObservations(
  tx: Tx,
  tenantId: string,
  all: readonly (ApplyOptions & { readonly observation: Observation })[],
): Promise<AppliedObservation[]> {
  const toKey = ({ source, scope }: Observation): ScopeKey => ({ tenantId, source, scope });
  await lockScopes(
    tx,
    all.map(({ observation }) => toKey(observation)),
  );
  const applied: AppliedObservation[] = [];
  const declared: DeclaredResources[] = [];
  for (const { observation, ...options } of all) {
    const key = toKey(observation);
    const state = await getScope(tx, key);
    const recordedAt = Math.max(options.recordedAt, state?.updatedAt ?? options.recordedAt);
    const at = timeOfNewest(observation, state);
    const target = { tx, key, observation, state, options: { ...options, recordedAt } };
    const result = at === undefined ? await applyPast(target) : await applyNewest(target, at);
    const { edges, opened, closed, changed } = result.counts;
    applied.push({
      ...{ source: key.source, scope: key.scope, status: result.status, reason: result.reason, edges, opened, closed, changed },
      ...{ resources: observation.resources.length, problems: observation.problems.length },
    });
    if (result.extent) declared.push({ key, at: at ?? observation.observedAt, resources: observation.resources, extent: result.extent });
  }
  await writeDeclaredResources(tx, tenantId, declared);
  return applied;
}

interface Target {
  readonly tx: Tx;
  readonly key: ScopeKey;
  readonly observation: Observation;
  readonly state: ScopeState | undefined;
  readonly options: ApplyOptions;
}

interface Outcome {
  readonly status: AppliedObservation['status'];
  readonly reason: string | null;
  readonly counts: { readonly edges: number; readonly opened: number; readonly closed: number; readonly changed: number };
  /** Absent when the resources are not written. */
  readonly extent?: DeclaredResources['extent'];
}

async function applyNewest(target: Target, at: Micros): Promise<Outcome> {
  const { tx, key, observation, state, options } = target;
  const { recordedAt, misses = 1, input = null } = options;
  const shown = await stageEdges(tx, key.tenantId, observation.edges);
  const diff = await diffNewest(tx, key, shown, { at, knownUntil: await lastClosing(tx, key, at), misses });
  // What a held observation opened would halve the share that it closes the next time.
  const open = state?.heldEdges ?? diff.open;
  const verdict = judge(target, diff, open, options.closeLimit);
  const closed = await write(tx, key, diff, verdict, recordedAt);
  const edges = await countOpen(tx, key);
  const reason = verdict.held ?? (observation.complete ? null : toReason(observation));
  const status = verdict.held !== null ? 'held' : observation.complete ? 'ok' : isBlank(observation) ? 'failed' : 'partial';
  // What was not accepted does not become what the next document is compared with.
  const follows = observation.lineage !== null && (status === 'ok' || !isOtherLineage(observation, state));
  const { lineage, serial } = !state || follows ? observation : state;
  const order = { observedAt: at, lineage, serial };
  const heldEdges = verdict.held !== null ? open : verdict.closes ? null : (state?.heldEdges ?? null);
  await recordObservation(tx, key, {
    ...{ observedAt: at, lineage: observation.lineage, serial: observation.serial },
    ...{ closes: verdict.closes, edges: shown, recordedAt },
  });
  await writeScope(tx, key, { ...order, complete: observation.complete, status, reason, edges, heldEdges, input, updatedAt: recordedAt });
  return {
    ...{ status, reason, counts: { edges, opened: diff.opened, closed, changed: diff.changed } },
    extent: verdict.closes ? 'whole' : 'partial',
  };
}

async function applyPast(target: Target): Promise<Outcome> {
  const { tx, key, observation, options } = target;
  const { recordedAt, misses = 1 } = options;
  const { known, full } = await listObservations(tx, key);
  const place = placeInPast(observation, known);
  if (!place || (full && place.from < (known[0]?.observedAt ?? 0))) {
    const edges = await countOpen(tx, key);
    const reason = 'It is older than what is known, and nothing says when it was true.';
    return { status: 'stale', reason, counts: { edges, opened: 0, closed: 0, changed: 0 } };
  }
  const { from, to, next } = place;
  const shown = await stageEdges(tx, key.tenantId, observation.edges);
  // What a partial observation after it shows may stand only because nothing took it away.
  const cut = observation.complete && next.closes && misses === 1 && !isOtherLineage(observation, next);
  const diff = await diffPast(tx, key, shown, { from, to, cut });
  const verdict = judge(target, diff, diff.open, 1);
  const closed = await write(tx, key, diff, cut ? verdict : { closes: false, held: null }, recordedAt);
  await recordObservation(tx, key, {
    ...{ observedAt: from, lineage: observation.lineage, serial: observation.serial },
    ...{ closes: cut && verdict.closes, edges: shown, recordedAt },
  });
  const edges = await countOpen(tx, key);
  const counts = { edges, opened: diff.opened, closed, changed: diff.changed };
  return { status: 'late', reason: verdict.held, counts, extent: 'past' };
}

function judge({ observation, state, options }: Target, diff: EdgeDiff, open: number, closeLimit: number): ClosingVerdict {
  return judgeClosing({
    ...{ complete: observation.complete, shown: diff.shown, open, missing: diff.closed, closeLimit, force: options.force ?? false },
    otherLineage: isOtherLineage(observation, state),
  });
}

/** Returns how many edges were closed. */
async function write(tx: Tx, key: ScopeKey, diff: EdgeDiff, verdict: ClosingVerdict, recordedAt: Micros): Promise<number> {
  if (!verdict.closes) await dropClosing(tx);
  await writeDiff(tx, key, recordedAt);
  return verdict.closes ? diff.closed : 0;
}

function isBlank({ edges, resources }: Observation): boolean {
  return edges.length === 0 && resources.length === 0;
}

function toReason({ problems }: Observation): string {
  const hiding = problems.filter(({ hides }) => hides);
  const [first] = hiding;
  if (!first) return 'It was not seen whole.';
  return hiding.length === 1 ? `${first.file}: ${first.text}` : `${first.file}: ${first.text} (and ${hiding.length - 1} more)`;
}
