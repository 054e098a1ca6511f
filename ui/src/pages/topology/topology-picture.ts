import type { TopologyDiff, TopologyEdge } from '../../../../src/api/contract.ts';
import type { EdgeLook } from '../../graph/legend.tsx';
import { lookOf, type Picture, type PictureEdge } from '../../graph/picture.ts';
import type { Names } from './names.ts';

export type Change = TopologyDiff['items'][number];
export type Declaration = TopologyEdge['declared_by'][number];

/** How each relation is drawn and read. */
export const relationLooks: Readonly<Record<TopologyEdge['relation'], EdgeLook>> = {
  DEPENDS_ON: { title: 'depends on', colour: '--kind-service' },
  ROUTES_TO: { title: 'routes to', colour: '--good' },
  CONTAINS: { title: 'contains', colour: '--edge' },
  STARTS_AFTER: { title: 'starts after', colour: '--warn' },
};

/** How each difference is drawn and read; `sign` stands for it where colour does not. */
export const changeLooks: Readonly<Record<Change['change'], EdgeLook & { readonly sign: string }>> = {
  opened: { title: 'opened', colour: '--good', sign: '+' },
  closed: { title: 'closed', colour: '--bad', sign: '−' },
  changed: { title: 'changed', colour: '--warn', sign: '~' },
};

/** The arrow of what is the same at both times. */
export const sameLook: EdgeLook = { title: 'the same', colour: '--edge' };

/** An edge without who declares it. */
export type Ends = Pick<TopologyEdge, 'src_urn' | 'relation' | 'dst_urn'>;

/** Names an edge in pictures and addresses; white space is encoded in URNs. */
export const toEdgeId = ({ src_urn, relation, dst_urn }: Ends): string => `${src_urn} ${relation} ${dst_urn}`;

/** The picture of declared edges; `toLook` gives colour and width, and how far above others an arrow is drawn. */
export function toPicture<Edge extends Ends>(
  edges: readonly Edge[],
  names: Names,
  toLook: (edge: Edge) => Pick<PictureEdge, 'colour' | 'width' | 'order'>,
): Picture {
  const byId = new Map(edges.map((edge) => [toEdgeId(edge), edge]));
  const degrees = new Map<string, number>();
  for (const { src_urn, dst_urn } of byId.values()) for (const urn of [src_urn, dst_urn]) degrees.set(urn, 1 + (degrees.get(urn) ?? 0));
  const most = Math.max(...degrees.values(), 1);
  return {
    nodes: [...degrees].map(([id, degree]) => {
      const { name, kind } = names(id);
      const { shape, colour } = lookOf(kind);
      return { id, label: name, shape, colour, size: 5 + 7 * Math.sqrt(degree / most) };
    }),
    edges: [...byId].map(([id, edge]) => ({ id, src: edge.src_urn, dst: edge.dst_urn, ...toLook(edge) })),
  };
}

/** Where a document says something: file and line, address, and what in it gave the edge. */
export function formatEvidence(evidence: Readonly<Record<string, unknown>>): string {
  const { file, line, address, rule } = evidence;
  const place = typeof file === 'string' ? `${file}${typeof line === 'number' ? `:${line}` : ''}` : undefined;
  return [place, address, rule].filter((part) => typeof part === 'string' && part !== '').join(' · ') || 'not told';
}

/** Port and protocol, or whatever else a document says of an edge. */
export function formatAttrs(attrs: Readonly<Record<string, unknown>> | null): string {
  return Object.entries(attrs ?? {})
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
