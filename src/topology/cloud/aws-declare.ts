import type { Alias } from '../../core/observation.ts';
import type { ResourceKind } from '../../core/urn.ts';
import { type CloudIdentity, toCloudResource } from '../cloud-identity.ts';
import type { Draft } from '../draft.ts';

/** URNs of what was declared, by the id or ARN that AWS names it by. */
export type AwsUrns = Map<string, string>;

/** What is told of a resource besides its identity. */
export interface AwsResource {
  readonly kind: ResourceKind;
  /** As CloudFormation names it. */
  readonly type: string;
  readonly name?: string | undefined;
  readonly engine?: string | undefined;
  readonly aliases?: readonly Alias[];
}

/** Declares one resource; nothing where its id or ARN is none. */
export function declareAwsResource(
  draft: Draft,
  urns: AwsUrns,
  id: string | undefined,
  identity: CloudIdentity | undefined,
  { kind, type, name, engine, aliases }: AwsResource,
): void {
  if (id === undefined || !identity) return;
  const resource = toCloudResource(identity, kind, name || (/[^/:]+$/.exec(identity.id)?.[0] ?? id));
  urns.set(id, resource.urn);
  const attrs = { type, ...(engine === undefined ? {} : { engine }) };
  draft.resource({ ...resource, attrs, ...(aliases?.length ? { aliases } : {}) });
}

/** The one subnet that something is in, else its network: what is in several subnets is in none of them alone. */
export function placeOf(vpc: string | undefined, subnets: readonly (string | undefined)[]): string | undefined {
  const [subnet, another] = new Set(subnets);
  return another === undefined ? (subnet ?? vpc) : vpc;
}
