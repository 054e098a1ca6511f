import type { Area } from './arrange.ts';
import { type NamedSpot, placeNames, type Rectangle } from './name-places.ts';

/** Names of nodes as text above the drawing. */
export interface Names {
  /** Width of each name in pixels as it is shown. */
  measure(name: string): number;
  /** Takes all names away; later ones stand within the area and not beneath what is taken. */
  begin(area: Area, taken: readonly Rectangle[]): void;
  /** Shows the names that have room, those of the first spots first. */
  show(spots: readonly (NamedSpot & { readonly label: string })[]): void;
}

/** Longer names end in an ellipsis: pixels, and a share of the width of the drawing. */
const MOST_WIDTH = 220;
const MOST_SHARE = 0.45;

/** Shows names in an element that lies above the drawing. */
export function createNames(layer: HTMLElement): Names {
  const context = document.createElement('canvas').getContext('2d');
  if (context) context.font = getComputedStyle(layer).font;
  const widths = new Map<string, number>();
  const shown = new Map<string, HTMLElement>();
  let [area, taken, most]: [Area, readonly Rectangle[], number] = [{ width: 1, height: 1 }, [], MOST_WIDTH];
  const measure = (name: string): number => {
    const width = widths.get(name) ?? Math.ceil(context?.measureText(name).width ?? 7 * name.length) + 1;
    widths.set(name, width);
    return Math.min(width, most);
  };
  return {
    measure,
    begin(inside, beneath) {
      [area, taken, most] = [inside, beneath, Math.min(MOST_WIDTH, MOST_SHARE * inside.width)];
      layer.replaceChildren();
      shown.clear();
    },
    show(spots) {
      const labels = new Map(spots.map((spot) => [spot.id, spot]));
      const places = placeNames(spots, area, taken);
      // Hiding is faster than taking away, and most of them come back at the next movement.
      for (const [id, element] of shown) element.hidden = !places.has(id);
      for (const [id, [x, y]] of places) {
        const spot = labels.get(id);
        if (spot === undefined) continue;
        const element = shown.get(id) ?? layer.appendChild(document.createElement('span'));
        shown.set(id, element);
        if (element.textContent !== spot.label) element.textContent = spot.label;
        element.dataset.node = id;
        element.style.width = `${spot.width}px`;
        element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
        element.classList.toggle('is-chosen', spot.isForced);
      }
    },
  };
}
