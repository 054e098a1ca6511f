import type { DeclaredEdge, DeclaredResource, Relation } from '../../core/observation.ts';
import { isLoopback, toDatabase, toExternal, toHost } from '../../core/urn.ts';
import type { Found } from './references.ts';

const SYSTEMS: Readonly<Record<string, string>> = {
  ...{
    mysql: 'mysql',
    mariadb: 'mariadb',
    postgres: 'postgresql',
    postgresql: 'postgresql',
    mongodb: 'mongodb',
    redis: 'redis',
    rediss: 'redis',
  },
  ...{ memcached: 'memcached', memcache: 'memcached', cassandra: 'cassandra', sqlserver: 'mssql' },
};

/** Edges from hosts to what their configuration names, each pair and relation once: the first that says a port, else the first. */
export interface EdgeCollector {
  add(
    host: string,
    found: Found,
    place: { readonly file: string; readonly line: number; readonly rule: string; readonly address?: string },
  ): void;
  edges(): readonly DeclaredEdge[];
  /** The ends of edges that are no hosts of the inventory. */
  others(): readonly DeclaredResource[];
}

function toTarget({ reference, protocol, database }: Found): DeclaredResource {
  if (reference.kind === 'host') return toHost(reference.target);
  const system = SYSTEMS[protocol ?? ''];
  return system ? toDatabase(system, reference.target, database ?? null) : toExternal(reference.target);
}

export function createEdgeCollector(): EdgeCollector {
  const edges = new Map<string, DeclaredEdge>();
  const others = new Map<string, DeclaredResource>();
  return {
    add(host, found, place) {
      if (isLoopback(host) || isLoopback(found.reference.target) || (found.reference.kind === 'host' && found.reference.target === host))
        return;
      const target = toTarget(found);
      const src = toHost(host).urn;
      if (src === target.urn) return;
      const relation: Relation = found.isRoute ? 'ROUTES_TO' : 'DEPENDS_ON';
      const key = `${src} ${relation} ${target.urn}`;
      const known = edges.get(key);
      if (known && (known.attrs?.port !== undefined || found.port === undefined)) return;
      const attrs = {
        ...(found.port !== undefined && { port: found.port }),
        ...(found.protocol !== undefined && { protocol: found.protocol }),
      };
      const { file, line, rule, address } = place;
      const evidence = { file, line, ...(address !== undefined && { address }), rule };
      edges.set(key, { src, dst: target.urn, relation, ...(Object.keys(attrs).length > 0 && { attrs }), evidence });
      if (found.reference.kind === 'address') others.set(target.urn, target);
    },
    edges: () => [...edges].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge),
    others: () => [...others.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1)),
  };
}
