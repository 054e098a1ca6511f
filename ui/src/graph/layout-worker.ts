import Graph from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';
import { listParts, type Point, packParts, ROOM } from './pack.ts';

/** A layout to do: nodes by their position in the lists, edges as pairs of positions. */
export interface LayoutTask {
  /** x and y of each node in turn. */
  readonly places: Float64Array;
  /** 1 for nodes that stay where they are. */
  readonly fixed: Uint8Array;
  /** Source and target of each edge in turn. */
  readonly edges: Uint32Array;
}

/** Places so far. */
export interface LayoutStep {
  readonly places: Float64Array;
  readonly isDone: boolean;
}

/** Rounds of the forces; a large graph has its shape after fewer, and each takes longer. */
const toIterations = (nodes: number): number => (nodes > 1000 ? 160 : 400);
/** Rounds that are done at once. */
const ITERATIONS_OF_A_STEP = 20;
/** Time between two pictures in ms: one that is laid out before is shown only when it is done. */
const SHOWN_EVERY_MS = 400;

self.onmessage = ({ data: { places, fixed, edges } }: MessageEvent<LayoutTask>) => {
  let shownAt = performance.now();
  const show = (list: () => Float64Array): void => {
    if (performance.now() - shownAt < SHOWN_EVERY_MS) return;
    self.postMessage({ places: list(), isDone: false } satisfies LayoutStep);
    shownAt = performance.now();
  };
  const parts = listParts(fixed.length, edges);
  const partOf = new Map(parts.flatMap((part, index) => part.map((node) => [node, index] as const)));
  const graphs = parts.map((part) => {
    const graph = new Graph({ type: 'directed', multi: true });
    for (const node of part) graph.addNode(node, { x: places[2 * node], y: places[2 * node + 1], fixed: fixed[node] === 1 });
    return graph;
  });
  for (let edge = 0; edge < edges.length; edge += 2) graphs[partOf.get(edges[edge] ?? 0) ?? 0]?.addEdge(edges[edge], edges[edge + 1]);
  const isHeld = parts.map((part) => part.some((node) => fixed[node] === 1));
  const toPlaces = (): Float64Array => {
    const found = graphs.map((graph) => graph.mapNodes((_, { x, y }): Point => [x, y]));
    const held = found.filter((_, index) => isHeld[index]).flat();
    const packed = packParts(found.filter((_, index) => !isHeld[index])).values();
    // New parts stand below those that stay where they are.
    const [left, top] = held.length === 0 ? [0, 0] : [Math.min(...held.map(([x]) => x)), Math.max(...held.map(([, y]) => y)) + ROOM];
    const all = new Float64Array(places.length);
    found.forEach((points, index) => {
      const shown = isHeld[index] ? points : (packed.next().value ?? points).map(([x, y]): Point => [left + x, top + y]);
      shown.forEach((point, position) => {
        all.set(point, 2 * (parts[index]?.[position] ?? 0));
      });
    });
    return all;
  };
  for (const [index, graph] of graphs.entries()) {
    if (graph.order < 2) continue;
    // Beside packed nodes new ones keep the distance that packing gives, and nothing draws them to the corner where packing begins.
    const forces = isHeld[index] ? { scalingRatio: 400, gravity: 0 } : { scalingRatio: 20 };
    const settings = { ...forceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 500, ...forces };
    for (let done = 0; done < toIterations(graph.order); done += ITERATIONS_OF_A_STEP) {
      forceAtlas2.assign(graph, { iterations: ITERATIONS_OF_A_STEP, settings, getEdgeWeight: null });
      show(toPlaces);
    }
  }
  self.postMessage({ places: toPlaces(), isDone: true } satisfies LayoutStep);
};
