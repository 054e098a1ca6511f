import type { Stretch } from '../text/marks.ts';

/** Text with its marks. */
export function Marked({ stretches }: { readonly stretches: readonly Stretch[] }) {
  return stretches.map(({ text, isMarked }, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a stretch is its place
    isMarked ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
  );
}
