import { type Alias, type DeclaredEdge, type DeclaredResource, type Relation, relations } from '../core/observation.ts';
import type { Resource } from '../core/urn.ts';
import type { DocumentResource } from './document-resource.ts';
import { indexMentions, type Known } from './mention-index.ts';
import { providedIdentity } from './resource-identity.ts';
import { toWords } from './resource-type.ts';
import { type Route, routeOfType } from './routes.ts';

/** An edge that the document says outright, between two of its resources. */
export interface Link {
  readonly from: DocumentResource;
  readonly to: DocumentResource;
  readonly relation: Relation;
  readonly rule: string;
}

/** What the resources of a document are and how they hang together. */
export interface LinkedResources {
  readonly resources: readonly DeclaredResource[];
  readonly edges: readonly DeclaredEdge[];
}

/**
 * Gives the resources of one document their identities and finds the edges between them: those the document says outright, and those that follow
 * from an attribute that holds the id, ARN, name or address of another resource. Sorted, without repetition; lookups are there only as targets.
 */
export function linkResources(document: {
  readonly file: string;
  readonly resources: readonly DocumentResource[];
  readonly links: Iterable<Link>;
  /** The identity of a resource that no cloud or cluster knows. */
  toLocal(resource: DocumentResource): Resource;
}): LinkedResources {
  const { file } = document;
  const regions = listRegions(document.resources);
  const identities = new Map<DocumentResource, Resource>();
  const known: Known[] = [];
  for (const resource of document.resources) {
    const provided = providedIdentity(resource, regions.get(resource.provider) ?? null);
    // A lookup that is known to no cloud is a value, not a thing.
    const identity = provided ?? (resource.isLookup ? undefined : document.toLocal(resource));
    if (!identity) continue;
    identities.set(resource, identity);
    known.push({ resource, urn: identity.urn });
  }

  const numbers = new Map<string, number>();
  for (const { urn } of known) if (!numbers.has(urn)) numbers.set(urn, numbers.size);
  const edges = new Map<number, DeclaredEdge>();
  const add: AddEdge = (from, to, relation, says, rule) => {
    const src = identities.get(from)?.urn;
    const dst = identities.get(to)?.urn;
    if (src === undefined || dst === undefined || src === dst || from.isLookup) return;
    // One number per edge: a map of maps or of texts takes several times the memory.
    const key = ((numbers.get(src) ?? 0) * numbers.size + (numbers.get(dst) ?? 0)) * relations.length + relations.indexOf(relation);
    const before = edges.get(key);
    if (before && precisionOf(before.evidence.rule) >= precisionOf(rule)) return;
    // What contains something does so from its making; other edges may be as new as the last change of what declares them.
    const since = Math.max(from.created ?? 0, to.created ?? 0, relation === 'CONTAINS' ? 0 : (says.modified ?? 0));
    edges.set(key, {
      ...{ src, dst, relation },
      ...(relation === 'ROUTES_TO' ? { attrs: portAttrs(says) } : {}),
      evidence: { file, address: says.address, rule },
      ...(since > 0 ? { since } : {}),
    });
  };
  addMentioned(known, add);
  for (const { from, to, relation, rule } of document.links) add(from, to, relation, relation === 'CONTAINS' ? to : from, rule);

  const sortedEdges = [...edges.values()].sort(byEnds);
  const targets = new Set(sortedEdges.map(({ dst }) => dst));
  const shown = known.filter(({ resource, urn }) => !resource.isLookup || targets.has(urn));
  return { resources: mergeResources(shown, identities), edges: sortedEdges };
}

type AddEdge = (from: DocumentResource, to: DocumentResource, relation: Relation, says: DocumentResource, rule: string) => void;

function byEnds(a: DeclaredEdge, b: DeclaredEdge): number {
  if (a.src !== b.src) return a.src < b.src ? -1 : 1;
  if (a.dst !== b.dst) return a.dst < b.dst ? -1 : 1;
  return a.relation < b.relation ? -1 : 1;
}

function addMentioned(known: readonly Known[], add: AddEdge): void {
  const find = indexMentions(known);
  const rules = new Map<string, string>();
  const ruleOf = (attribute: string): string => {
    const rule = rules.get(attribute) ?? `attribute ${attribute}`;
    rules.set(attribute, rule);
    return rule;
  };
  for (const by of known) {
    const { resource } = by;
    const route = routeOfType(resource.type.noun);
    const senders: DocumentResource[] = [];
    const receivers: { to: DocumentResource; rule: string }[] = [];
    for (const mention of resource.mentions) {
      const target = find(mention, by)?.resource;
      if (!target) continue;
      const rule = ruleOf(mention.attribute);
      const side = route && sideOf(route, mention.attribute);
      if (side === 'from') senders.push(target);
      if (side === 'to') receivers.push({ to: target, rule });
      if (side === 'from' && !route?.to) add(target, resource, 'ROUTES_TO', resource, rule);
      else if (side === 'to' && !/(attachment|association)$/.test(resource.type.noun)) add(resource, target, 'ROUTES_TO', resource, rule);
      else add(resource, target, 'DEPENDS_ON', resource, rule);
    }
    for (const from of senders) for (const { to, rule } of receivers) add(from, to, 'ROUTES_TO', resource, rule);
  }
}

function sideOf({ from, to }: Route, attribute: string): 'from' | 'to' | undefined {
  const words = attribute.split('.').map(toWords).join('.');
  return from?.test(words) ? 'from' : to?.test(words) ? 'to' : undefined;
}

/** An attribute says more about an edge than an expression, and that more than a list of dependencies. */
function precisionOf(rule: string): number {
  return rule.startsWith('attribute ') ? 2 : rule.includes(' ') ? 1 : 0;
}

function portAttrs({ port, protocol }: DocumentResource): { port?: number; protocol?: string } {
  return { ...(port === null ? {} : { port }), ...(protocol === null || !/^[a-z][a-z0-9_]{1,9}$/.test(protocol) ? {} : { protocol }) };
}

/** The region of every provider configuration whose resources agree on one. */
function listRegions(resources: readonly DocumentResource[]): Map<string, string | null> {
  const regions = new Map<string, string | null>();
  for (const { provider, region } of resources) {
    if (region === null || region === 'global') continue;
    const before = regions.get(provider);
    regions.set(provider, before === undefined || before === region ? region : null);
  }
  return regions;
}

/** One resource per URN; of several declarations the one with the shortest type is the thing itself, and lookups come last. */
function mergeResources(known: readonly Known[], identities: ReadonlyMap<DocumentResource, Resource>): DeclaredResource[] {
  const byUrn = Map.groupBy(known, ({ urn }) => urn);
  return [...byUrn.keys()].sort().flatMap((urn) => {
    const declarations = (byUrn.get(urn) ?? []).map(({ resource }) => resource).sort(byPrecedence);
    const [first] = declarations;
    const identity = first && identities.get(first);
    if (!first || !identity) return [];
    const aliases = mergeAliases(declarations);
    const attrs = { type: first.type.text, address: first.address, ...(first.isLookup ? { mode: 'data' } : {}) };
    return [{ ...identity, attrs, ...(aliases.length > 0 ? { aliases } : {}) }];
  });
}

function byPrecedence(a: DocumentResource, b: DocumentResource): number {
  return Number(a.isLookup) - Number(b.isLookup) || a.type.noun.length - b.type.noun.length || (a.address < b.address ? -1 : 1);
}

function mergeAliases(declarations: readonly DocumentResource[]): Alias[] {
  if (declarations.every((declaration) => declaration.aliases.length === 0)) return [];
  const aliases = new Map<string, Alias>();
  for (const one of declarations.flatMap((declaration) => declaration.aliases)) aliases.set(`${one.kind} ${one.alias}`, one);
  return [...aliases.keys()].sort().flatMap((key) => aliases.get(key) ?? []);
}
