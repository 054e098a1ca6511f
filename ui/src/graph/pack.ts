/** A place; the second number grows downwards. */
export type Point = readonly [x: number, y: number];

/** The room of a node in a packed layout is a square with sides of this length. */
export const ROOM = 60;
/** Packed parts become about so many times as wide as high. */
const ASPECT = 2.2;
/** Columns of the area in which parts are packed. */
const COLUMNS = 120;
/** Widths of the area that are tried. */
const TRIES = 8;

/** The parts of a graph between which there is no edge, as positions of nodes, large ones first; `edges` holds pairs of positions. */
export function listParts(nodes: number, edges: Uint32Array): number[][] {
  const near: number[][] = Array.from({ length: nodes }, () => []);
  for (let edge = 0; edge < edges.length; edge += 2) {
    const [src = 0, dst = 0] = [edges[edge], edges[edge + 1]];
    near[src]?.push(dst);
    near[dst]?.push(src);
  }
  const isSeen = new Uint8Array(nodes);
  const parts: number[][] = [];
  for (let node = 0; node < nodes; node++) {
    if (isSeen[node]) continue;
    isSeen[node] = 1;
    const part = [node];
    // The list grows while it is walked.
    for (const reached of part)
      for (const next of near[reached] ?? [])
        if (!isSeen[next]) {
          isSeen[next] = 1;
          part.push(next);
        }
    parts.push(part);
  }
  return parts.sort((left, right) => right.length - left.length);
}

/** Places of parts, each turned so that it lies level, sized by its number of nodes, and set beside and below the others without covering them. */
export function packParts(parts: readonly (readonly Point[])[]): Point[][] {
  const sized = parts.map((points) => toSize(turnLevel(points)));
  const sizes = sized.map((points) => [reach(points, 0) + ROOM, reach(points, 1) + ROOM] as const);
  const least = Math.max(ROOM, ...sizes.map(([width]) => width));
  const most = sizes.reduce((sum, [width]) => sum + width, 0);
  const tries = Array.from({ length: TRIES }, (_, index) => packInto(sizes, least + ((most - least) * index ** 2) / (TRIES - 1) ** 2));
  const best = tries.reduce((one, two) => (two.size < one.size ? two : one));
  return sized.map((points, index) => {
    const [left, top] = best.corners[index] ?? [0, 0];
    return points.map(([x, y]) => [left + x, top + y]);
  });
}

/** Upper left corners of rectangles in an area of some width, each as high up as it fits; `size` grows with the area of the right shape around them. */
function packInto(sizes: readonly Point[], width: number): { readonly corners: Point[]; readonly size: number } {
  const column = width / COLUMNS;
  const skyline = new Float64Array(COLUMNS);
  let right = 0;
  const corners = sizes.map(([wide, high]): Point => {
    const columns = Math.min(COLUMNS, Math.ceil(wide / column - 1e-6));
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let from = 0; from + columns <= COLUMNS; from++) {
      const top = Math.max(...skyline.subarray(from, from + columns));
      if (top < least) [best, least] = [from, top];
    }
    skyline.fill(least + high, best, best + columns);
    right = Math.max(right, best * column + wide);
    return [best * column, least];
  });
  return { corners, size: Math.max(right / ASPECT, ...skyline) };
}

/** Turned around their middle so that they spread more from left to right than from top to bottom. */
function turnLevel(points: readonly Point[]): Point[] {
  const mean = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of points) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
    yy += (y - my) ** 2;
  }
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return points.map(([x, y]) => [cos * (x - mx) + sin * (y - my), cos * (y - my) - sin * (x - mx)]);
}

/** Moved to begin at zero, and as large as so many nodes need. */
function toSize(points: readonly Point[]): Point[] {
  const least = (axis: 0 | 1): number => Math.min(...points.map((point) => point[axis]));
  const [left, top] = [least(0), least(1)];
  const [width, height] = [reach(points, 0) - left, reach(points, 1) - top];
  const side = ROOM * Math.sqrt(points.length);
  // Nodes in a line have no area; they get the length of as many rooms.
  const scale = Math.min(side / Math.sqrt(Math.max(width * height, 1e-9)), (ROOM * points.length) / Math.max(width, height, 1e-9));
  return points.map(([x, y]) => [scale * (x - left), scale * (y - top)]);
}

const reach = (points: readonly Point[], axis: 0 | 1): number => Math.max(...points.map((point) => point[axis]));
