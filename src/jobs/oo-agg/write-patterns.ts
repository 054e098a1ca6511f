import type { Aggregation } from '../../aggregate/catalog.ts';
import type { PartialRow } from '../../aggregate/partials.ts';
import { hashHex } from '../../core/hash.ts';
import type { Resource } from '../../core/urn.ts';
import { groupTemplates } from '../../patterns/group.ts';
import type { Tx } from '../../store/db.ts';
import { getResourceNames } from '../../store/dimension.ts';
import { type SeenPattern, setPatterns, upsertPatterns } from '../../store/log-pattern.ts';
import {
  deleteGeneral,
  insertGeneral,
  type KnownTemplate,
  listTargets,
  listTemplates,
  refreshGeneral,
  setAliases,
} from '../../store/pattern-group.ts';
import { recountPatterns } from './recount.ts';
import { collectPatterns, coversLines, type SeenLines } from './seen.ts';

/** What is needed of a batch to write its patterns. */
export interface MinedBatch {
  readonly partials: ReadonlyMap<string, readonly PartialRow[]>;
  readonly resources: ReadonlyMap<bigint, Resource>;
  /** Template of a fingerprint that the batch has met. */
  readonly templates: (fingerprint: string) => string;
}

/**
 * Writes the templates of a batch and groups those of the tenant anew when lines have others than before. The groups are a function of the set of
 * templates that lines have, so order, batches and workers make no difference; the caller lets one worker of the tenant in at a time.
 */
export async function writePatterns(
  tx: Tx,
  tenantId: string,
  aggregation: Aggregation,
  batch: MinedBatch,
  gone: readonly PartialRow[],
): Promise<void> {
  const seen = collectPatterns(batch.partials.get(aggregation.name) ?? []);
  const patterns = [...seen.values()].map((lines) => toPattern(batch, lines, new Map()));
  const isKnown = await upsertPatterns(tx, tenantId, patterns);
  const suspects = [...collectPatterns(gone).values()]
    .filter((lines) => !coversLines(seen.get(lines.fingerprint), lines))
    .map((lines) => lines.fingerprint);
  const lost = suspects.length > 0 ? await narrowPatterns(tx, tenantId, aggregation, batch, suspects) : 0;
  const touched = isKnown && lost === 0 ? [] : await regroup(tx, tenantId);
  const targets = await listTargets(tx, tenantId, [...seen.keys(), ...suspects]);
  await refreshGeneral(tx, tenantId, [...new Set([...touched, ...targets.map(({ fingerprint }) => fingerprint)])].sort());
}

function toPattern(batch: MinedBatch, { resource, ...lines }: SeenLines, names: ReadonlyMap<bigint, string>): SeenPattern {
  return {
    ...lines,
    template: batch.templates(lines.fingerprint),
    service: batch.resources.get(resource)?.name ?? names.get(resource) ?? '',
  };
}

/** Brings patterns into line with the lines that remain, and resolves to how many have none. */
async function narrowPatterns(
  tx: Tx,
  tenantId: string,
  aggregation: Aggregation,
  batch: MinedBatch,
  suspects: readonly string[],
): Promise<number> {
  // A template that absorbed others tells of their lines too; to narrow it, its own are counted again.
  const targets = await listTargets(tx, tenantId, suspects);
  const fingerprints = [...new Set([...suspects, ...targets.filter(({ mask }) => mask).map(({ fingerprint }) => fingerprint)])];
  const { seen, pruned } = await recountPatterns(tx, aggregation, tenantId, fingerprints);
  const lost = fingerprints.filter((fingerprint) => !seen.has(fingerprint) && !pruned.has(fingerprint));
  const remaining = [...seen.values()];
  const names = await getResourceNames(
    tx,
    tenantId,
    remaining.map((lines) => lines.resource),
  );
  await setPatterns(
    tx,
    tenantId,
    lost,
    remaining.map((lines) => toPattern(batch, lines, names)),
  );
  return lost.length;
}

/** Groups all templates of the tenant, and resolves to the fingerprints of those that absorbed others than before. */
async function regroup(tx: Tx, tenantId: string): Promise<string[]> {
  const known = await listTemplates(tx, tenantId);
  const masks = known.filter(({ mask }) => mask);
  const general = groupTemplates(masks.map(({ template }) => template));
  const targets = new Map<string, string>();
  const aliases = new Map<string, string | null>();
  for (const { fingerprint, template } of masks) {
    const target = general.get(template) ?? template;
    const aliasOf = target === template ? null : hashHex(target);
    aliases.set(fingerprint, aliasOf);
    if (aliasOf !== null) targets.set(aliasOf, target);
  }
  const unused = known.filter(({ fingerprint, mask }) => !mask && !targets.has(fingerprint));
  const heirs = heirsOf(known, aliases);
  for (const { fingerprint, aliasOf } of unused) {
    const heir = heirs.get(fingerprint) ?? (aliasOf === null ? undefined : targets.has(aliasOf) ? aliasOf : heirs.get(aliasOf));
    if (heir !== undefined) aliases.set(fingerprint, heir);
  }
  for (const fingerprint of targets.keys()) aliases.set(fingerprint, null);
  const changed = known.filter(({ fingerprint, aliasOf }) => aliases.has(fingerprint) && aliases.get(fingerprint) !== aliasOf);
  await deleteGeneral(
    tx,
    tenantId,
    unused.filter(({ fingerprint }) => !aliases.has(fingerprint)).map(({ fingerprint }) => fingerprint),
  );
  await setAliases(
    tx,
    tenantId,
    changed.map(({ fingerprint }) => ({ fingerprint, aliasOf: aliases.get(fingerprint) ?? null })),
  );
  const present = new Set(known.map(({ fingerprint }) => fingerprint));
  await insertGeneral(
    tx,
    tenantId,
    [...targets].filter(([fingerprint]) => !present.has(fingerprint)).map(([fingerprint, template]) => ({ fingerprint, template })),
  );
  return changed.flatMap(({ fingerprint, aliasOf }) => [aliasOf, aliases.get(fingerprint)].filter((name) => typeof name === 'string'));
}

/** Who absorbs now what a template absorbed before; of several the smallest, so that the order of rows makes no difference. */
function heirsOf(known: readonly KnownTemplate[], aliases: ReadonlyMap<string, string | null>): Map<string, string> {
  const heirs = new Map<string, string>();
  for (const { fingerprint, aliasOf, mask } of known) {
    if (!mask || aliasOf === null) continue;
    const heir = aliases.get(fingerprint) ?? fingerprint;
    const other = heirs.get(aliasOf);
    if (other === undefined || heir < other) heirs.set(aliasOf, heir);
  }
  return heirs;
}
