/** Outline of a node, which tells its kind without colour. */
export const shapes = ['circle', 'square', 'diamond', 'triangle', 'hexagon'] as const;
export type Shape = (typeof shapes)[number];

/** A node to draw; `colour` is a custom property of the theme such as `--accent`. */
export interface PictureNode {
  readonly id: string;
  readonly label: string;
  readonly shape: Shape;
  readonly colour: string;
  /** Radius in pixels. */
  readonly size: number;
}

/** An arrow to draw. */
export interface PictureEdge {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly colour: string;
  /** Pixels. */
  readonly width: number;
  /** Arrows with greater ones are drawn above others. */
  readonly order: number;
}

/** What a canvas draws. Ids of nodes are the same from one answer to the next, so that nodes keep their places. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

/** Kinds that are drawn alike, with the words of the legend. */
export interface KindLook {
  readonly title: string;
  readonly shape: Shape;
  readonly colour: string;
}

const looks: Readonly<Record<string, KindLook>> = {
  service: { title: 'service', shape: 'circle', colour: '--kind-service' },
  database: { title: 'database or storage', shape: 'square', colour: '--kind-database' },
  topic: { title: 'queue or topic', shape: 'diamond', colour: '--kind-topic' },
  external: { title: 'external host', shape: 'triangle', colour: '--kind-external' },
  host: { title: 'host', shape: 'hexagon', colour: '--kind-host' },
};
const other: KindLook = { title: 'other', shape: 'circle', colour: '--kind-other' };
const sameAs: Readonly<Record<string, string>> = { function: 'service', storage: 'database' };

/** All looks, in the order of the legend. */
export const kindLooks: readonly KindLook[] = [...Object.values(looks), other];

/** How a resource of this kind is drawn. */
export function lookOf(kind: string): KindLook {
  return looks[sameAs[kind] ?? kind] ?? other;
}

/** The nodes within so many edges of one of them, whichever way the edges lead; without that node none. */
export function withinHops(picture: Picture, from: string, hops: number): ReadonlySet<string> {
  const near = new Map<string, string[]>();
  for (const { src, dst } of picture.edges) {
    near.set(src, [...(near.get(src) ?? []), dst]);
    near.set(dst, [...(near.get(dst) ?? []), src]);
  }
  const reached = new Set(picture.nodes.some(({ id }) => id === from) ? [from] : []);
  let border = [...reached];
  for (let hop = 0; hop < hops; hop++) {
    border = [...new Set(border.flatMap((id) => near.get(id) ?? []))].filter((id) => !reached.has(id));
    for (const id of border) reached.add(id);
  }
  return reached;
}
