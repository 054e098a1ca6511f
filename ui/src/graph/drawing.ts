import Graph from 'graphology';
import Sigma from 'sigma';
import { createEdgeArrowProgram } from 'sigma/rendering';
import type { EdgeDisplayData, NodeDisplayData } from 'sigma/types';
import { readColour } from '../frame/theme.ts';
import { findNearestEdge, type Segment, type Spot } from './nearest-edge.ts';
import { ShapedNodeProgram } from './node-program.ts';
import type { PictureEdge, PictureNode } from './picture.ts';

/** What is shown and what stands out. */
export interface Look {
  readonly shown: ReadonlySet<string> | undefined;
  readonly chosen: string | undefined;
  readonly hovered: string | undefined;
}

interface Reactions {
  /** Something came under the pointer, at a place of the canvas in pixels; undefined when nothing is there. */
  readonly onHover: (hovered: { readonly id: string; readonly x: number; readonly y: number } | undefined) => void;
  readonly onNode: (id: string) => void;
  readonly onEdge: (id: string) => void;
}

/** Heads that are seen also on thin arrows. */
const Arrow = createEdgeArrowProgram({ lengthToThicknessRatio: 3.5, widenessToThicknessRatio: 2.8 });

/** With no more nodes than this every node has its name beside it. */
const ALL_NAMED = 15;

/** Nodes that are drawn in full size; more of them are drawn smaller, down to a dot. */
const FULL_SIZE = 80;
const LEAST_SIZE = 1.5;

/** Draws into the element, at first nothing, until it is killed. The look is read at each refresh. Throws where the browser has no WebGL. */
export function createDrawing(element: HTMLElement, look: { readonly current: Look }, reactions: Reactions): Sigma {
  const colours = new Map<string, string>();
  const toColour = (property: string): string => {
    const colour = colours.get(property) ?? readColour(property);
    colours.set(property, colour);
    return colour;
  };
  const [ink, faint, panel] = [toColour('--ink'), toColour('--raised'), toColour('--panel')];
  const isNear = (id: string, hovered: string, graph = sigma.getGraph()): boolean =>
    graph.hasNode(hovered)
      ? id === hovered || graph.areNeighbors(id, hovered)
      : graph.hasEdge(hovered) && graph.extremities(hovered).includes(id);
  const shrink = (): number => Math.min(1, Math.sqrt(FULL_SIZE / Math.max(1, look.current.shown?.size ?? sigma.getGraph().order)));

  const nodeReducer = (id: string, data: unknown): Partial<NodeDisplayData> => {
    const { colour, ...node } = data as PictureNode;
    const { shown, chosen, hovered } = look.current;
    const isOut = shown !== undefined && !shown.has(id);
    const isFaint = hovered !== undefined && !isNear(id, hovered);
    const isMarked = id === chosen || (hovered !== undefined && !isFaint);
    return {
      ...{
        ...node,
        size: Math.max(LEAST_SIZE, node.size * shrink()),
        hidden: isOut,
        color: isFaint ? faint : toColour(colour),
        label: isFaint ? null : node.label,
      },
      ...{
        forceLabel: isMarked || (shown?.size ?? sigma.getGraph().order) <= ALL_NAMED,
        highlighted: id === chosen,
        zIndex: isMarked ? 1 : 0,
      },
    };
  };
  const edgeReducer = (id: string, data: unknown): Partial<EdgeDisplayData> => {
    const { src, dst, colour, width, order } = data as PictureEdge;
    const { shown, chosen, hovered } = look.current;
    const isOut = shown !== undefined && !(shown.has(src) && shown.has(dst));
    const isMarked = id === chosen || id === hovered;
    const isFaint = hovered !== undefined && !isMarked && src !== hovered && dst !== hovered;
    return {
      hidden: isOut,
      color: isFaint ? faint : toColour(colour),
      size: isMarked ? width + 2 : width * shrink(),
      zIndex: isMarked ? 1000 : isFaint ? -1 : order,
    };
  };

  const sigma: Sigma = new Sigma(new Graph(), element, {
    ...{ nodeProgramClasses: { shaped: ShapedNodeProgram }, defaultNodeType: 'shaped' },
    ...{ edgeProgramClasses: { arrow: Arrow }, defaultEdgeType: 'arrow' },
    ...{ nodeReducer, edgeReducer, zIndex: true, allowInvalidContainer: true },
    ...{
      labelFont: getComputedStyle(element).fontFamily,
      labelSize: 12,
      labelColor: { color: ink },
      labelRenderedSizeThreshold: 4,
      labelGridCellSize: 50,
    },
    // Two quick clicks are two choices; the wheel and the buttons zoom.
    doubleClickTimeout: 0,
    ...{ minCameraRatio: 0.02, maxCameraRatio: 4, stagePadding: 56, minEdgeThickness: 1.7 },
    defaultDrawNodeLabel(context, { x, y, size, label }, settings) {
      if (!label) return;
      context.font = `${settings.labelSize}px ${settings.labelFont}`;
      const [left, base] = [x + size + 4, y + settings.labelSize / 3];
      // Names are read across arrows.
      context.lineWidth = 3;
      context.strokeStyle = panel;
      context.strokeText(label, left, base);
      context.fillStyle = ink;
      context.fillText(label, left, base);
    },
    defaultDrawNodeHover(context, node, settings) {
      context.font = `${settings.labelSize}px ${settings.labelFont}`;
      const { x, y, size, label } = node;
      const height = settings.labelSize + 8;
      const width = label ? size + 10 + context.measureText(label).width : size + 4;
      context.fillStyle = panel;
      context.strokeStyle = ink;
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(x - size - 4, y - Math.max(size + 4, height / 2), size + 4 + width, 2 * Math.max(size + 4, height / 2), 6);
      context.fill();
      context.stroke();
      if (!label) return;
      context.fillStyle = ink;
      context.fillText(label, x + size + 4, y + settings.labelSize / 3);
    },
  });
  react(sigma, look, reactions);
  return sigma;
}

/** Hovering and clicking. Arrows are found here and not by the drawing, which would have to draw all of them twice. */
function react(sigma: Sigma, look: { readonly current: Look }, { onHover, onNode, onEdge }: Reactions): void {
  let over: { readonly id: string; readonly isNode: boolean } | undefined;
  const hover = (id: string | undefined, isNode: boolean, { x, y }: Spot): void => {
    if (id === over?.id) return;
    over = id === undefined ? undefined : { id, isNode };
    onHover(id === undefined ? undefined : { id, x, y });
  };
  const edgeAt = (spot: Spot): string | undefined => findNearestEdge(spot, listSegments(sigma, look.current.shown));
  const captor = sigma.getMouseCaptor();
  sigma.on('enterNode', ({ node, event }) => hover(node, true, event));
  sigma.on('leaveNode', ({ event }) => hover(undefined, false, event));
  sigma.on('clickNode', ({ node }) => onNode(node));
  sigma.on('leaveStage', ({ event }) => hover(undefined, false, event));
  captor.on('mousemove', (spot) => {
    if (!over?.isNode && !captor.isMouseDown) hover(edgeAt(spot), false, spot);
  });
  sigma.on('clickStage', ({ event }) => {
    const edge = edgeAt(event);
    if (edge !== undefined) onEdge(edge);
  });
}

function* listSegments(sigma: Sigma, shown: ReadonlySet<string> | undefined): Generator<Segment> {
  const graph = sigma.getGraph();
  const spots = new Map<string, Spot>();
  for (const id of shown ?? graph.nodes()) {
    const place = sigma.getNodeDisplayData(id);
    if (place) spots.set(id, sigma.framedGraphToViewport(place));
  }
  for (const { edge, source, target } of graph.edgeEntries()) {
    const [from, to] = [spots.get(source), spots.get(target)];
    if (from && to) yield { id: edge, from, to, width: sigma.getEdgeDisplayData(edge)?.size ?? 1 };
  }
}
