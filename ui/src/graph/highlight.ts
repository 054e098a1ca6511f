import type { Spot } from './nearest-edge.ts';
import type { Shape } from './picture.ts';

/** An arrow in pixels. */
export interface DrawnEdge {
  readonly from: Spot;
  readonly to: Spot;
  /** Radius of the node at its head. */
  readonly stop: number;
  readonly width: number;
  readonly colour: string;
}

/** A node in pixels. */
export interface DrawnNode extends Spot {
  readonly size: number;
  readonly shape: Shape;
  readonly colour: string;
}

/** What stands out from the picture. */
export interface Highlight {
  /** Covers everything else when given. */
  readonly veil: string | undefined;
  readonly edges: readonly DrawnEdge[];
  readonly nodes: readonly DrawnNode[];
  /** Has a ring around it. */
  readonly chosen: DrawnNode | undefined;
  readonly ring: string;
}

const corners: Readonly<Record<Exclude<Shape, 'circle'>, readonly (readonly [number, number])[]>> = {
  square: [
    [-0.82, -0.82],
    [0.82, -0.82],
    [0.82, 0.82],
    [-0.82, 0.82],
  ],
  diamond: [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ],
  triangle: [
    [0, -1],
    [0.866, 0.5],
    [-0.866, 0.5],
  ],
  hexagon: [
    [0.5, -0.86],
    [1, 0],
    [0.5, 0.86],
    [-0.5, 0.86],
    [-1, 0],
    [-0.5, -0.86],
  ],
};

/** Draws what stands out above a picture that stays as it is, which takes as long for large pictures as for small ones. */
export function drawHighlight(context: CanvasRenderingContext2D, { veil, edges, nodes, chosen, ring }: Highlight): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  if (veil !== undefined) {
    context.globalAlpha = 0.86;
    context.fillStyle = veil;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
  }
  for (const edge of edges) drawArrow(context, edge);
  for (const node of nodes) {
    context.fillStyle = node.colour;
    trace(context, node, node.size);
    context.fill();
  }
  if (chosen === undefined) return;
  context.strokeStyle = ring;
  context.lineWidth = 2;
  trace(context, { ...chosen, shape: 'circle' }, chosen.size + 4);
  context.stroke();
}

function trace(context: CanvasRenderingContext2D, { x, y, shape }: DrawnNode, size: number): void {
  context.beginPath();
  if (shape === 'circle') context.arc(x, y, size, 0, 2 * Math.PI);
  else for (const [across, down] of corners[shape]) context.lineTo(x + across * size, y + down * size);
  context.closePath();
}

function drawArrow(context: CanvasRenderingContext2D, { from, to, stop, width, colour }: DrawnEdge): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const head = Math.max(8, 3 * width);
  const tip = { x: to.x - stop * dx, y: to.y - stop * dy };
  const neck = { x: tip.x - head * dx, y: tip.y - head * dy };
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(neck.x, neck.y);
  context.stroke();
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(neck.x - 0.4 * head * dy, neck.y + 0.4 * head * dx);
  context.lineTo(neck.x + 0.4 * head * dy, neck.y - 0.4 * head * dx);
  context.fill();
}
