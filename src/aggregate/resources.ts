import { hash64 } from '../core/hash.ts';
import { type Peer, targetOf } from '../core/peer.ts';
import { defaultResourceRules, type Place, type ResourceRule, resourceOf } from '../core/place.ts';
import type { Resource } from '../core/urn.ts';

/** Finds the resources that names (hosts, services) are aliases of; names without an alias are absent. */
export type FindAliases = (names: readonly string[]) => Promise<ReadonlyMap<string, Resource>>;

/** The resources of one tenant that a read has met, by their ids. */
export interface Resources {
  /** The id of the place's resource. */
  place(place: Place): bigint;
  /** The resources behind the peers, null where the span tells nothing; an alias to a known resource wins over a virtual one. */
  targets(peers: readonly Peer[]): Promise<(Resource | null)[]>;
  id(resource: Resource): bigint;
  readonly met: ReadonlyMap<bigint, Resource>;
}

export function createResources(
  tenantId: string,
  findAliases: FindAliases,
  rules: readonly ResourceRule[] = defaultResourceRules,
): Resources {
  const met = new Map<bigint, Resource>();
  const ids = new Map<string, bigint>();
  const id = (resource: Resource): bigint => {
    const known = ids.get(resource.urn);
    if (known !== undefined) return known;
    const fresh = hash64(tenantId, resource.urn);
    ids.set(resource.urn, fresh);
    met.set(fresh, resource);
    return fresh;
  };
  return {
    place: (place) => id(resourceOf(place, rules)),
    async targets(peers) {
      const targets = peers.map(targetOf);
      const aliases = await findAliases([...new Set(targets.flatMap((target) => target?.aliases ?? []))]);
      return targets.map((target) => {
        if (!target) return null;
        const known = target.aliases.map((name) => aliases.get(name)).find((resource) => resource !== undefined);
        return known ?? target.resource;
      });
    },
    id,
    met,
  };
}
