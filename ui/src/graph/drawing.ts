import Graph from 'graphology';
import type { Camera } from 'sigma';
import Sigma from 'sigma';
import { createEdgeArrowProgram } from 'sigma/rendering';
import { readColour } from '../frame/theme.ts';
import { type Area, arrange } from './arrange.ts';
import { type DrawnNode, drawHighlight } from './highlight.ts';
import type { Rectangle } from './name-places.ts';
import { createNames } from './names.ts';
import { findNearestEdge, type Segment, type Spot } from './nearest-edge.ts';
import { ShapedNodeProgram } from './node-program.ts';
import type { Picture, PictureEdge, PictureNode } from './picture.ts';
import type { Places } from './places.ts';

/** Something under the pointer, at a place of the canvas in pixels. */
export interface Hovered extends Spot {
  readonly id: string;
}

interface Reactions {
  /** Called when something else comes under the pointer; undefined when nothing is there. */
  readonly onHover: (hovered: Hovered | undefined) => void;
  readonly onNode: (id: string) => void;
  readonly onEdge: (id: string) => void;
}

interface Layers {
  readonly canvas: HTMLElement;
  /** Lies above the canvas and holds the names. */
  readonly names: HTMLElement;
  /** Lies above both; no name goes beneath it. */
  readonly tools: HTMLElement;
}

/** A drawn graph. */
export interface Drawing {
  readonly camera: Camera;
  /** Draws a picture whose nodes a layout has placed; it fills the canvas. */
  show(picture: Picture, places: Places): void;
  /** Makes a node or an edge stand out. */
  choose(id: string | undefined): void;
  /** Draws again in the colours that the theme has now; everything stays where it is. */
  recolour(): void;
  kill(): void;
}

/** Heads that are seen also on thin arrows. */
const Arrow = createEdgeArrowProgram({ lengthToThicknessRatio: 3.5, widenessToThicknessRatio: 2.8 });

/** Pixels of the canvas for each node that is drawn in full size; with less they are drawn smaller, down to a dot. */
const FULL_ROOM = 9000;
const LEAST_SIZE = 1.5;
/** The same for each arrow that is drawn in full width. */
const FULL_ROOM_OF_EDGE = 14_000;
/** With more arrows than this the picture is a large one. */
const MOST_LIVE_EDGES = 2000;
/** Pixels around the middle of a node that count as on it. */
const REACH = 7;

/** Draws into the layers, at first nothing, until it is killed. Throws where the browser has no WebGL. */
export function createDrawing(layers: Layers, reactions: Reactions): Drawing {
  const { canvas } = layers;
  const names = createNames(layers.names);
  const colours = new Map<string, string>();
  const toColour = (property: string): string => {
    const colour = colours.get(property) ?? readColour(property);
    colours.set(property, colour);
    return colour;
  };
  const sigma = new Sigma(new Graph(), canvas, {
    // Under the names of the usual programs, which would be compiled beside others.
    ...{ nodeProgramClasses: { circle: ShapedNodeProgram }, edgeProgramClasses: { line: Arrow } },
    ...{ zIndex: true, allowInvalidContainer: true, stagePadding: 0, minCameraRatio: 0.02, maxCameraRatio: 4 },
    // Names and what is under the pointer are drawn here: without covering each other, and without drawing everything again.
    ...{ renderLabels: false, defaultDrawNodeHover: () => undefined },
    // Two quick clicks are two choices; the wheel and the buttons zoom.
    doubleClickTimeout: 0,
  });
  // Nothing is drawn on these; the browser would lay each of them above the others all the same.
  for (const name of ['edgeLabels', 'labels', 'hovers', 'hoverNodes']) sigma.getCanvases()[name]?.style.setProperty('display', 'none');
  sigma.createCanvasContext('highlight', { style: { pointerEvents: 'none' } }).resize(true);
  const context = sigma.getCanvases().highlight?.getContext('2d') ?? undefined;

  const nodes = new Map<string, PictureNode>();
  const edges = new Map<string, PictureEdge>();
  let [shrink, thin] = [1, 1];
  let [chosen, hovered]: [string?, string?] = [];
  let spots = new Map<string, DrawnNode>();
  let segments: readonly Segment[] | undefined;

  const toSpots = (): Map<string, DrawnNode> =>
    new Map(
      [...nodes.values()].map(({ id, shape, colour, size }) => {
        const { x, y } = sigma.framedGraphToViewport(sigma.getNodeDisplayData(id) ?? { x: 0, y: 0 });
        return [id, { x, y, shape, size: sigma.scaleSize(Math.max(LEAST_SIZE, size * shrink)), colour: toColour(colour) }];
      }),
    );
  const toWidth = ({ width }: PictureEdge): number => Math.max(sigma.getSetting('minEdgeThickness'), sigma.scaleSize(width * thin));
  const listSegments = (): readonly Segment[] => {
    segments ??= [...edges.values()].flatMap((edge) => {
      const [from, to] = [spots.get(edge.src), spots.get(edge.dst)];
      return from && to ? [{ id: edge.id, from, to, width: toWidth(edge) }] : [];
    });
    return segments;
  };
  const findAt = (at: Spot): string | undefined => {
    let [nearest, least]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const [id, { x, y, size }] of spots) {
      const distance = Math.hypot(x - at.x, y - at.y);
      if (distance <= Math.max(size + 2, REACH) && distance < least) [nearest, least] = [id, distance];
    }
    return nearest ?? findNearestEdge(at, listSegments());
  };

  const drawAbove = (): void => {
    const marked = listMarked(hovered, edges);
    const isOut = (id: string): boolean => hovered !== undefined && !marked.nodes.has(id);
    const own = edges.get(chosen ?? '');
    const isNamed = new Set([chosen, hovered, own?.src, own?.dst]);
    if (context)
      drawHighlight(context, {
        veil: hovered === undefined ? undefined : toColour('--panel'),
        edges: [...new Set([...marked.edges, ...(own ? [own] : [])])].flatMap((edge) => {
          const [from, to] = [spots.get(edge.src), spots.get(edge.dst)];
          const isThick = edge.id === chosen || edge.id === hovered;
          return from && to ? [{ from, to, stop: to.size, width: toWidth(edge) + (isThick ? 2 : 0), colour: toColour(edge.colour) }] : [];
        }),
        nodes: [...marked.nodes, ...(own ? [own.src, own.dst] : [])].flatMap((id) => spots.get(id) ?? []),
        ...{ chosen: spots.get(chosen ?? ''), ring: toColour('--ink') },
      });
    const spotsToName = [...nodes.values()].flatMap(({ id, label }) => {
      const spot = spots.get(id);
      return spot && !isOut(id) ? [{ ...spot, id, label, width: names.measure(label), isForced: isNamed.has(id) }] : [];
    });
    names.show(spotsToName);
  };
  sigma.on('afterRender', () => {
    spots = toSpots();
    segments = undefined;
    drawAbove();
  });

  const hover = (id: string | undefined, { x, y }: Spot): void => {
    if (id === hovered) return;
    hovered = id;
    drawAbove();
    canvas.style.cursor = id === undefined ? '' : 'pointer';
    reactions.onHover(id === undefined ? undefined : { id, x, y });
  };
  const captor = sigma.getMouseCaptor();
  // Sigma finds nodes by reading pixels back, for which the processor waits at every movement.
  captor.removeAllListeners('mousemove');
  captor.on('mousemove', (spot) => {
    if (!captor.isMouseDown) hover(findAt(spot), spot);
  });
  captor.on('mouseleave', (spot) => hover(undefined, spot));
  const click = ({ event }: { readonly event: Spot }): void => {
    const id = findAt(event);
    if (id === undefined) return;
    hover(undefined, event);
    if (nodes.has(id)) reactions.onNode(id);
    else reactions.onEdge(id);
  };
  sigma.on('clickNode', click);
  sigma.on('clickStage', click);

  return {
    camera: sigma.getCamera(),
    show(picture, places) {
      const area: Area = { width: canvas.clientWidth || 1, height: canvas.clientHeight || 1 };
      names.begin(area, [toRectangle(layers.tools, canvas)]);
      shrink = Math.min(1, Math.sqrt((area.width * area.height) / FULL_ROOM / Math.max(1, picture.nodes.length)));
      thin = Math.min(shrink, Math.sqrt((area.width * area.height) / FULL_ROOM_OF_EDGE / Math.max(1, picture.edges.length)));
      const widths = new Map(picture.nodes.map(({ id, label }) => [id, names.measure(label)]));
      const at = arrange(picture.nodes, places, area, widths);
      nodes.clear();
      edges.clear();
      // The names of important nodes get their room first.
      for (const node of picture.nodes.toSorted((left, right) => right.size - left.size || (left.id < right.id ? -1 : 1)))
        nodes.set(node.id, node);
      for (const edge of picture.edges) edges.set(edge.id, edge);
      if (hovered !== undefined && !nodes.has(hovered) && !edges.has(hovered)) hover(undefined, { x: 0, y: 0 });
      const graph = new Graph({ type: 'directed', multi: true });
      for (const { id, size, shape, colour } of nodes.values()) {
        const [x, y] = at.get(id) ?? [0, 0];
        graph.addNode(id, { x, y: area.height - y, shape, color: toColour(colour), size: Math.max(LEAST_SIZE, size * shrink) });
      }
      for (const { id, src, dst, colour, width, order } of edges.values())
        graph.addEdgeWithKey(id, src, dst, { color: toColour(colour), size: width * thin, zIndex: order });
      const isLarge = edges.size > MOST_LIVE_EDGES;
      sigma.setSetting('hideEdgesOnMove', isLarge).setSetting('minEdgeThickness', isLarge ? 0.8 : 1.7);
      sigma.setCustomBBox({ x: [0, area.width], y: [0, area.height] }).setGraph(graph);
    },
    choose(id) {
      chosen = id;
      drawAbove();
    },
    recolour() {
      colours.clear();
      const graph = sigma.getGraph();
      const paint = (colour: string | undefined) => (colour === undefined ? {} : { color: toColour(colour) });
      graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, ...paint(nodes.get(id)?.colour) }), { attributes: ['color'] });
      graph.updateEachEdgeAttributes((id, attributes) => ({ ...attributes, ...paint(edges.get(id)?.colour) }), { attributes: ['color'] });
    },
    kill: () => sigma.kill(),
  };
}

function listMarked(hovered: string | undefined, edges: ReadonlyMap<string, PictureEdge>): { nodes: Set<string>; edges: PictureEdge[] } {
  if (hovered === undefined) return { nodes: new Set(), edges: [] };
  const near = [...edges.values()].filter(({ id, src, dst }) => id === hovered || src === hovered || dst === hovered);
  const ends = near.flatMap(({ src, dst }) => [src, dst]);
  return { nodes: new Set(edges.has(hovered) ? ends : [hovered, ...ends]), edges: near };
}

function toRectangle(element: HTMLElement, within: HTMLElement): Rectangle {
  const [{ x, y, width, height }, origin] = [element.getBoundingClientRect(), within.getBoundingClientRect()];
  return { x: x - origin.x, y: y - origin.y, width, height };
}
