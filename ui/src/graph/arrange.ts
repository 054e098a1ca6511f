import type { PictureNode } from './picture.ts';
import type { Places } from './places.ts';

/** The canvas in pixels. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

/** Pixels at the edges where no node is set: names stand to the right, buttons at the bottom. */
const ROOM = { left: 24, right: 32, top: 24, bottom: 60 } as const;
/** Neither axis is stretched by more than so many times the other. */
const MOST_STRETCH = 2.5;
/** With more nodes than this there is no room for all names, and nodes stay where the layout has them. */
const MOST_MOVED = 150;
/** Share of the area that nodes with their names may need in order to be moved apart. */
const MOST_COVERED = 0.4;
const ROUNDS = 80;
/** Height of a name, and pixels between it and its node. */
export const NAME = { height: 16, gap: 4 } as const;

interface Box {
  readonly id: string;
  x: number;
  y: number;
  /** Reach from the middle of the node. */
  readonly left: number;
  readonly right: number;
  readonly half: number;
}

/**
 * Pixels in the area of nodes that a layout has placed: stretched so that they fill it, turned where it is higher than wide, and moved apart so that
 * few names cover each other. `widths` are those of the names. The same nodes in the same area stand in the same places.
 */
export function arrange(nodes: readonly PictureNode[], places: Places, area: Area, widths: ReadonlyMap<string, number>): Places {
  const isHigh = area.height > area.width;
  const spots = nodes.map(({ id }) => {
    const [x, y] = places.get(id) ?? [0, 0];
    return isHigh ? ([y, x] as const) : ([x, y] as const);
  });
  const boxes = fill(nodes, spots, area, widths);
  if (nodes.length <= MOST_MOVED)
    for (let round = 0; round < ROUNDS && moveApart(boxes); round++) for (const box of boxes) keepInside(box, area);
  return new Map(boxes.map(({ id, x, y }) => [id, [x, y]]));
}

function fill(
  nodes: readonly PictureNode[],
  spots: readonly (readonly [number, number])[],
  area: Area,
  widths: ReadonlyMap<string, number>,
): Box[] {
  const needed = nodes.reduce((sum, { id, size }) => sum + (2 * size + NAME.gap + (widths.get(id) ?? 0)) * (NAME.height + 4), 0);
  const share = Math.min(1, (MOST_COVERED * area.width * area.height) / Math.max(1, needed));
  const boxes = nodes.map(({ id, size }) => ({
    ...{ id, x: 0, y: 0, left: size + 3 },
    ...{ right: size + NAME.gap + share * (widths.get(id) ?? 0) + 6, half: Math.max(size + 3, NAME.height / 2 + 2) },
  }));
  const end = nodes.length > MOST_MOVED ? 0 : Math.min(area.width / 4, Math.max(0, ...boxes.map(({ right }) => right)) / 2);
  const room = {
    width: Math.max(40, area.width - ROOM.left - ROOM.right - end),
    height: Math.max(40, area.height - ROOM.top - ROOM.bottom),
  };
  const along = (axis: 0 | 1): readonly [least: number, extent: number] => {
    const values = spots.map((spot) => spot[axis]);
    const least = Math.min(...values);
    return [least, Math.max(...values) - least];
  };
  const [[left, width], [top, height]] = [along(0), along(1)];
  const [full, tall] = [room.width / Math.max(width, 1e-9), room.height / Math.max(height, 1e-9)];
  const [across, down] = [Math.min(full, MOST_STRETCH * tall), Math.min(tall, MOST_STRETCH * full)];
  boxes.forEach((box, index) => {
    const [x, y] = spots[index] ?? [left, top];
    box.x = ROOM.left + (room.width - across * width) / 2 + across * (x - left);
    box.y = ROOM.top + (room.height - down * height) / 2 + down * (y - top);
  });
  return boxes;
}

/** Pushes boxes that cover each other apart along the shorter way; false when none do. */
function moveApart(boxes: readonly Box[]): boolean {
  let isMoved = false;
  for (const [index, one] of boxes.entries())
    for (let other = index + 1; other < boxes.length; other++) {
      const two = boxes[other];
      if (two === undefined) break;
      const y = one.half + two.half - Math.abs(one.y - two.y);
      if (y <= 0) continue;
      const x = one.x <= two.x ? one.x + one.right - (two.x - two.left) : two.x + two.right - (one.x - one.left);
      if (x <= 0) continue;
      isMoved = true;
      if (y <= x) {
        const step = (one.y <= two.y ? 0.3 : -0.3) * y;
        [one.y, two.y] = [one.y - step, two.y + step];
      } else {
        const step = (one.x <= two.x ? 0.3 : -0.3) * x;
        [one.x, two.x] = [one.x - step, two.x + step];
      }
    }
  return isMoved;
}

function keepInside(box: Box, { width, height }: Area): void {
  box.x = Math.max(ROOM.left, Math.min(width - box.right - 4, box.x));
  box.y = Math.max(ROOM.top, Math.min(height - ROOM.bottom, box.y));
}
