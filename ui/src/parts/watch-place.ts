/** Where an element is on its page. */
export interface Place {
  /** CSS pixels. */
  readonly width: number;
  /** It can be seen now, or after a little scrolling. */
  readonly isNear: boolean;
}

interface Watched {
  readonly tell: (place: Place) => void;
  width: number;
  /** Undefined until it has been looked at. */
  isNear?: boolean;
}

/** So far beyond the edges of the window is near, in CSS pixels. */
const MARGIN = 500;
const watched = new Map<Element, Watched>();

function learn(element: Element, place: Partial<Place>): void {
  const known = watched.get(element);
  if (known === undefined) return;
  const { width = known.width, isNear = known.isNear ?? false } = place;
  const isSame = width === known.width && isNear === known.isNear;
  Object.assign(known, { width, isNear });
  if (!isSame) known.tell({ width, isNear });
}

// One observer for all of them: each place is read before anything is drawn, or every drawing would make the browser lay the page out again.
const sizes = new ResizeObserver((entries) => {
  const places = entries.map(({ target, contentRect }) => {
    const { top, bottom } = target.getBoundingClientRect();
    return { target, width: contentRect.width, isSeen: top < innerHeight && bottom > 0 };
  });
  // What is seen is drawn before this frame is painted; the other observer tells of what is near only after it.
  for (const { target, width, isSeen } of places) learn(target, isSeen ? { width, isNear: true } : { width });
});
const views = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) learn(target, { isNear: isIntersecting });
  },
  { rootMargin: `${MARGIN}px` },
);

/** Tells where an element is, before the next frame and whenever that changes, until the answered function is called. */
export function watchPlace(element: Element, tell: (place: Place) => void): () => void {
  watched.set(element, { tell, width: 0 });
  sizes.observe(element);
  views.observe(element);
  return () => {
    watched.delete(element);
    sizes.unobserve(element);
    views.unobserve(element);
  };
}
