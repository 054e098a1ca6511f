import type { Picture } from './picture.ts';

/** Where nodes stand, by id. */
export type Places = ReadonlyMap<string, readonly [x: number, y: number]>;

/** Nodes whose places are kept for one picture; more would fill the storage of the browser. */
const MOST_KEPT = 5000;

/** The place that an id has before anything is known of its neighbours: the same in every browser. */
export function seedPlace(id: string): readonly [number, number] {
  const angle = 2 * Math.PI * toShare(id, 0x811c9dc5);
  const radius = 100 * Math.sqrt(toShare(id, 0x9e3779b9));
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** FNV-1a of the text over 2^32, after a last mixing, because names mostly differ in their last letters. */
function toShare(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** A place for every node: the kept one, else one beside the kept neighbours, else the seed. `isKept` says which stay where they are. */
export function startPlaces(
  picture: Picture,
  kept: Places,
): { readonly places: Map<string, [number, number]>; readonly isKept: Set<string> } {
  const isKept = new Set(picture.nodes.filter(({ id }) => kept.has(id)).map(({ id }) => id));
  const near = new Map<string, string[]>();
  for (const { src, dst } of picture.edges)
    for (const [one, two] of [
      [src, dst],
      [dst, src],
    ] as const)
      if (!isKept.has(one) && isKept.has(two)) near.set(one, [...(near.get(one) ?? []), two]);
  const places = new Map<string, [number, number]>();
  for (const { id } of picture.nodes) {
    const [x, y] = kept.get(id) ?? besides(id, near.get(id) ?? [], kept);
    places.set(id, [x, y]);
  }
  return { places, isKept };
}

function besides(id: string, neighbours: readonly string[], kept: Places): readonly [number, number] {
  const [x, y] = seedPlace(id);
  const known = neighbours.flatMap((neighbour) => [kept.get(neighbour) ?? [0, 0]]);
  if (known.length === 0) return [x, y];
  const mean = (axis: 0 | 1): number => known.reduce((sum, place) => sum + place[axis], 0) / known.length;
  // A little aside, since forces between nodes at one and the same place have no direction.
  return [mean(0) + x / 20, mean(1) + y / 20];
}

/** The places that this browser keeps under a name; none where there are none or they cannot be read. */
export function readPlaces(name: string): Places {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(toKey(name)) ?? '{}');
    return new Map(Object.entries(Object(kept) as Record<string, [number, number]>).filter(([, place]) => isPlace(place)));
  } catch {
    return new Map();
  }
}

const isPlace = (place: unknown): boolean => Array.isArray(place) && place.length === 2 && place.every(Number.isFinite);

/** Keeps places in this browser; those of nodes that are not shown now stay as well, in case they come back. */
export function keepPlaces(name: string, places: Places): void {
  const all = new Map([...places, ...[...readPlaces(name)].filter(([id]) => !places.has(id))].slice(0, MOST_KEPT));
  const rounded = [...all].map(([id, [x, y]]) => [id, [Math.round(10 * x) / 10, Math.round(10 * y) / 10]]);
  try {
    localStorage.setItem(toKey(name), JSON.stringify(Object.fromEntries(rounded)));
  } catch {
    // A full storage only means that the next visit lays out again.
  }
}

/** Forgets the places under a name. */
export function forgetPlaces(name: string): void {
  localStorage.removeItem(toKey(name));
}

const toKey = (name: string): string => `observebridge.places.${name}`;
