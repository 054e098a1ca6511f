import type { DeclaredEdge, DeclaredResource, Observation, Problem } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';

/** An observation that is being put together. */
export interface Draft {
  /** Adds a resource, or its aliases to the one that is there. */
  resource(resource: DeclaredResource): void;
  /** Adds an edge between resources that are there; the first of several alike stays, and one from a resource to itself is none. */
  edge(edge: DeclaredEdge): void;
  /** Adds a problem, once. */
  problem(problem: Problem): void;
  /** The observation in a stable order; complete when no problem hides anything. */
  finish(of: { readonly source: string; readonly scope: string; readonly observedAt: Micros }): Observation;
}

/** Begins an observation without lineage. */
export function createDraft(): Draft {
  const resources = new Map<string, DeclaredResource>();
  const edges = new Map<string, DeclaredEdge>();
  const problems = new Map<string, Problem>();
  return {
    resource(resource) {
      const known = resources.get(resource.urn);
      if (!known) resources.set(resource.urn, resource);
      else if (resource.aliases?.length) {
        const all = [...(known.aliases ?? []), ...resource.aliases];
        const aliases = [...new Map(all.map((one) => [`${one.kind} ${one.alias}`, one])).values()];
        resources.set(resource.urn, { ...known, aliases });
      }
    },
    edge(edge) {
      const key = `${edge.src} ${edge.dst} ${edge.relation}`;
      if (edge.src !== edge.dst && !edges.has(key)) edges.set(key, edge);
    },
    problem(problem) {
      problems.set(`${problem.file} ${problem.text}`, problem);
    },
    finish: (of) => ({
      ...of,
      lineage: null,
      serial: null,
      complete: ![...problems.values()].some(({ hides }) => hides),
      resources: sorted(resources),
      edges: sorted(edges),
      problems: sorted(problems),
    }),
  };
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
