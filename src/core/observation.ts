import type { Micros } from './time.ts';
import type { Resource } from './urn.ts';

/** How one resource stands to another; an edge goes from the one that needs, holds or forwards to the other. */
export const relations = ['DEPENDS_ON', 'CONTAINS', 'ROUTES_TO', 'STARTS_AFTER'] as const;
export type Relation = (typeof relations)[number];

/** What kind of other name a resource goes by; each is a `dim_resource_alias.alias_kind`. */
export const aliasKinds = ['pod', 'ip', 'host', 'arn', 'dns', 'service'] as const;
export type AliasKind = (typeof aliasKinds)[number];

/** Another name of a resource, as telemetry or another document may call it: lower-case, without port. */
export interface Alias {
  readonly kind: AliasKind;
  readonly alias: string;
}

/** A resource that a document declares. `attrs` hold nothing secret. */
export interface DeclaredResource extends Resource {
  readonly attrs?: Readonly<Record<string, string | number | boolean>>;
  readonly aliases?: readonly Alias[];
}

/** Where a document declares an edge, so that a person finds the line; never a value that may be secret. */
export interface EdgeEvidence {
  /** Path of the file inside its tree, or the name of the answer of an API. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** Address inside the document: a Terraform address, a Pulumi URN, `Deployment/frontend`. */
  readonly address?: string;
  /** What in the document gave the edge: `dependencies`, `attribute vpc_id`, `env CART_SERVICE_ADDR`, `groups['web']`. */
  readonly rule: string;
}

/** An edge between two declared resources, by URN. */
export interface DeclaredEdge {
  readonly src: string;
  readonly dst: string;
  readonly relation: Relation;
  readonly attrs?: { readonly port?: number; readonly protocol?: string };
  readonly evidence: EdgeEvidence;
  /** Since when the document itself says it is so; the time of observation when absent. */
  readonly since?: Micros;
}

/** Something a person should know: one sentence without values, naming file and place. */
export interface Problem {
  readonly file: string;
  readonly text: string;
  /** Whether because of it the observation cannot be complete; a target that is merely absent is reported only. */
  readonly hides: boolean;
}

/** What one look at one scope gave. */
export interface Observation {
  /** What kind of document said so: `terraform`, `pulumi`, `kubernetes`, `compose`, `aws`, `alibaba`, `ansible`. */
  readonly source: string;
  /** What was looked at; edges belong to (source, scope), and only a complete look at the same scope closes them. */
  readonly scope: string;
  /** Time of the document: its own when it says one, else that of the commit or file. */
  readonly observedAt: Micros;
  /** Identity of the series of documents and the number in it, which decide what is newer; null where there is none. */
  readonly lineage: string | null;
  readonly serial: bigint | null;
  /** Whether everything in the scope was seen and understood; false when any problem `hides`. */
  readonly complete: boolean;
  /** Every end of an edge is among them. */
  readonly resources: readonly DeclaredResource[];
  readonly edges: readonly DeclaredEdge[];
  readonly problems: readonly Problem[];
}
