import Graph from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';

/** A layout to do: nodes by their position in the lists, edges as pairs of positions. */
export interface LayoutTask {
  /** x and y of each node in turn. */
  readonly places: Float64Array;
  /** 1 for nodes that stay where they are. */
  readonly fixed: Uint8Array;
  /** Source and target of each edge in turn. */
  readonly edges: Uint32Array;
  readonly iterations: number;
}

/** Places so far. */
export interface LayoutStep {
  readonly places: Float64Array;
  readonly isDone: boolean;
}

/** Between two pictures. */
const ITERATIONS_OF_A_STEP = 10;

self.onmessage = ({ data: { places, fixed, edges, iterations } }: MessageEvent<LayoutTask>) => {
  const graph = new Graph({ type: 'directed', multi: true });
  fixed.forEach((isFixed, node) => {
    graph.addNode(node, { x: places[2 * node], y: places[2 * node + 1], fixed: isFixed === 1 });
  });
  for (let edge = 0; edge < edges.length; edge += 2) graph.addEdge(edges[edge], edges[edge + 1]);
  const settings = {
    ...{ ...forceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 500, scalingRatio: 20 },
    // Keeps parts without a connection near each other: without it they fly so far apart that each becomes a dot.
    ...{ strongGravityMode: true, gravity: 0.3 },
  };
  for (let done = 0; done < iterations; done += ITERATIONS_OF_A_STEP) {
    forceAtlas2.assign(graph, { iterations: ITERATIONS_OF_A_STEP, settings, getEdgeWeight: null });
    const step = new Float64Array(2 * graph.order);
    graph.forEachNode((node, { x, y }) => {
      step.set([x, y], 2 * Number(node));
    });
    self.postMessage({ places: step, isDone: done + ITERATIONS_OF_A_STEP >= iterations } satisfies LayoutStep, { transfer: [step.buffer] });
  }
};
