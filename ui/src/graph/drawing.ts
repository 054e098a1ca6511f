import type Graph from 'graphology';
import Sigma from 'sigma';
import { createEdgeArrowProgram } from 'sigma/rendering';
import type { EdgeDisplayData, NodeDisplayData } from 'sigma/types';
import { readColour } from '../frame/theme.ts';
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
const Arrow = createEdgeArrowProgram({ lengthToThicknessRatio: 4, widenessToThicknessRatio: 3.2 });

/** With no more nodes than this every node has its name beside it. */
const ALL_NAMED = 60;

/** Draws the graph into the element until it is killed. The look is read at each refresh. Throws where the browser has no WebGL. */
export function createDrawing(element: HTMLElement, graph: Graph, look: { readonly current: Look }, reactions: Reactions): Sigma {
  const colours = new Map<string, string>();
  const toColour = (property: string): string => {
    const colour = colours.get(property) ?? readColour(property);
    colours.set(property, colour);
    return colour;
  };
  const [ink, faint, panel] = [toColour('--ink'), toColour('--raised'), toColour('--panel')];
  const isNear = (id: string, hovered: string): boolean =>
    graph.hasNode(hovered)
      ? id === hovered || graph.areNeighbors(id, hovered)
      : graph.hasEdge(hovered) && graph.extremities(hovered).includes(id);
  const ends = (id: string): readonly [string, string] => graph.extremities(id) as [string, string];

  const nodeReducer = (id: string, data: unknown): Partial<NodeDisplayData> => {
    const { colour, ...node } = data as PictureNode;
    const { shown, chosen, hovered } = look.current;
    const isOut = shown !== undefined && !shown.has(id);
    const isFaint = hovered !== undefined && !isNear(id, hovered);
    const isMarked = id === chosen || (hovered !== undefined && !isFaint);
    return {
      ...{ ...node, hidden: isOut, color: isFaint ? faint : toColour(colour), label: isFaint ? null : node.label },
      ...{ forceLabel: isMarked || (shown?.size ?? graph.order) <= ALL_NAMED, highlighted: id === chosen, zIndex: isMarked ? 1 : 0 },
    };
  };
  const edgeReducer = (id: string, data: unknown): Partial<EdgeDisplayData> => {
    const { colour, width, order } = data as PictureEdge;
    const { shown, chosen, hovered } = look.current;
    const [src, dst] = ends(id);
    const isOut = shown !== undefined && !(shown.has(src) && shown.has(dst));
    const isMarked = id === chosen || id === hovered;
    const isFaint = hovered !== undefined && !isMarked && src !== hovered && dst !== hovered;
    return {
      hidden: isOut,
      color: isFaint ? faint : toColour(colour),
      size: isMarked ? width + 2 : width,
      zIndex: isMarked ? 1000 : isFaint ? -1 : order,
    };
  };

  const sigma = new Sigma(graph, element, {
    ...{ nodeProgramClasses: { shaped: ShapedNodeProgram }, defaultNodeType: 'shaped' },
    ...{ edgeProgramClasses: { arrow: Arrow }, defaultEdgeType: 'arrow' },
    ...{ nodeReducer, edgeReducer, enableEdgeEvents: true, zIndex: true, allowInvalidContainer: true },
    ...{ labelFont: getComputedStyle(element).fontFamily, labelSize: 12, labelColor: { color: ink }, labelRenderedSizeThreshold: 5 },
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
  const hover = (id: string, { x, y }: { x: number; y: number }): void => reactions.onHover({ id, x, y });
  const leave = (): void => reactions.onHover(undefined);
  sigma.on('enterNode', ({ node, event }) => hover(node, event));
  sigma.on('enterEdge', ({ edge, event }) => hover(edge, event));
  sigma.on('leaveNode', leave);
  sigma.on('leaveEdge', leave);
  sigma.on('clickNode', ({ node }) => reactions.onNode(node));
  sigma.on('clickEdge', ({ edge }) => reactions.onEdge(edge));
  return sigma;
}
