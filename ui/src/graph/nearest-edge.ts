/** A place in pixels. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A straight arrow between two places, in pixels. */
export interface Segment {
  readonly id: string;
  readonly from: Spot;
  readonly to: Spot;
  readonly width: number;
}

/** Pixels beside an arrow that still count as on it. */
const REACH = 4;

/** The id of the arrow that is nearest to a place among those that it lies on. */
export function findNearestEdge(at: Spot, segments: Iterable<Segment>): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const { id, from, to, width } of segments) {
    const distance = toDistance(at, from, to);
    if (distance <= width / 2 + REACH && distance < least) [nearest, least] = [id, distance];
  }
  return nearest;
}

function toDistance(at: Spot, from: Spot, to: Spot): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((at.x - from.x) * dx + (at.y - from.y) * dy) / length));
  return Math.hypot(at.x - from.x - share * dx, at.y - from.y - share * dy);
}
