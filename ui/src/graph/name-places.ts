import { NAME } from './arrange.ts';

/** A node in pixels of the canvas, with the width of its name. */
export interface NamedSpot {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** Radius of the node. */
  readonly size: number;
  readonly width: number;
  /** Its name is shown even where it covers others. */
  readonly isForced: boolean;
}

/** A rectangle by its upper left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const CELL = 64;
/** More names than this are not read by anybody, and among many nodes even fewer. */
const MOST_NAMES = 160;
const MANY_NODES = 300;
const MOST_NAMES_OF_MANY = 60;
/** Names may cover dots that are smaller than this, or none would have a place among many. */
const LEAST_CLEAR = 3;

/**
 * Upper left corners of the names that are shown, by id: right of the node, else left, below or above it, within the canvas, clear of all nodes, of
 * what is `taken` and of the names before it in the list. Names without such a place are left out.
 */
export function placeNames(
  spots: readonly NamedSpot[],
  { width, height }: { readonly width: number; readonly height: number },
  taken: readonly Rectangle[],
) {
  const cells = new Map<number, (Rectangle & { readonly id?: string })[]>();
  const forCells = (box: Rectangle, visit: (cell: number) => boolean): boolean => {
    for (let column = Math.floor(box.x / CELL); column <= Math.floor((box.x + box.width) / CELL); column++)
      for (let row = Math.floor(box.y / CELL); row <= Math.floor((box.y + box.height) / CELL); row++)
        if (visit(1000 * column + row)) return true;
    return false;
  };
  const take = (box: Rectangle & { readonly id?: string }): void => {
    forCells(box, (cell) => {
      const boxes = cells.get(cell);
      if (boxes) boxes.push(box);
      else cells.set(cell, [box]);
      return false;
    });
  };
  const isTaken = (box: Rectangle, id: string): boolean =>
    forCells(box, (cell) => cells.get(cell)?.some((other) => other.id !== id && cover(box, other)) ?? false);
  const isInside = (box: Rectangle): boolean =>
    box.x >= 2 && box.y >= 2 && box.x + box.width <= width - 2 && box.y + box.height <= height - 2;
  const seen = spots.filter(({ x, y }) => x > -20 && y > -20 && x < width + 20 && y < height + 20);
  for (const box of taken) take(box);
  const most = seen.length > MANY_NODES ? MOST_NAMES_OF_MANY : MOST_NAMES;
  for (const { id, x, y, size } of seen) if (size >= LEAST_CLEAR) take({ id, x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  const names = new Map<string, readonly [x: number, y: number]>();
  for (const isForced of [true, false])
    for (const spot of seen) {
      if (spot.isForced !== isForced) continue;
      if (!isForced && names.size >= most) break;
      const boxes = listBoxes(spot);
      const box =
        boxes.find((one) => isInside(one) && !isTaken(one, spot.id)) ?? (isForced ? (boxes.find(isInside) ?? boxes[0]) : undefined);
      if (box === undefined) continue;
      take(box);
      names.set(spot.id, [box.x, box.y]);
    }
  return names;
}

function listBoxes({ x, y, size, width }: NamedSpot): readonly Rectangle[] {
  const { height, gap } = NAME;
  const beside = { y: y - height / 2, width, height };
  const middle = { x: x - width / 2, width, height };
  return [
    { ...beside, x: x + size + gap },
    { ...beside, x: x - size - gap - width },
    { ...middle, y: y + size + 2 },
    { ...middle, y: y - size - 2 - height },
  ];
}

const cover = (one: Rectangle, two: Rectangle): boolean =>
  one.x < two.x + two.width && two.x < one.x + one.width && one.y < two.y + two.height && two.y < one.y + one.height;
