/** A stretch of a text, marked or not. */
export interface Stretch {
  readonly text: string;
  readonly isMarked: boolean;
}

/** Words of a question that its answers may hold: those of phrases too, none that must not be there. */
export function toWords(question: string): string[] {
  const wanted = question.replace(/(?<!\S)-(?:"[^"]*"|\S+)/g, ' ');
  return [...new Set(wanted.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];
}

/** A text cut where words begin that are one of the words or begin with it, in any case. */
export function markWords(text: string, words: readonly string[]): Stretch[] {
  if (words.length === 0) return [{ text, isMarked: false }];
  const longestFirst = words.toSorted((left, right) => right.length - left.length);
  // Chinese and Japanese have no spaces between words.
  const pattern = new RegExp(`(?:(?<![\\p{L}\\p{N}])|(?<=[\\u3040-\\u9fff]))(?:${longestFirst.join('|')})[\\p{Ll}\\p{N}]*`, 'giu');
  const stretches: Stretch[] = [];
  let place = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > place) stretches.push({ text: text.slice(place, found.index), isMarked: false });
    stretches.push({ text: found[0], isMarked: true });
    place = found.index + found[0].length;
  }
  if (place < text.length) stretches.push({ text: text.slice(place), isMarked: false });
  return stretches;
}

/** A text cut around the values where they stand in it, in their order. */
export function markValues(text: string, values: readonly string[]): Stretch[] {
  const stretches: Stretch[] = [];
  let place = 0;
  // From the end, because a header before the message may hold the first value by chance.
  let end = text.length;
  const places = values.toReversed().map((value) => {
    end = value === '' || end <= 0 ? -1 : text.lastIndexOf(value, end - value.length);
    return [end, value] as const;
  });
  for (const [start, value] of places.reverse()) {
    if (start < place) continue;
    if (start > place) stretches.push({ text: text.slice(place, start), isMarked: false });
    stretches.push({ text: value, isMarked: true });
    place = start + value.length;
  }
  if (place < text.length) stretches.push({ text: text.slice(place), isMarked: false });
  return stretches;
}

/** The part of a text of about `length` characters in which most of the words stand, with `…` where it is cut. */
export function toExcerpt(text: string, words: readonly string[], length = 320): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat.length <= length) return flat;
  const places: number[] = [];
  let place = 0;
  for (const stretch of markWords(flat, words)) {
    if (stretch.isMarked) places.push(place);
    place += stretch.text.length;
  }
  const countFrom = (start: number): number => places.filter((at) => at >= start && at < start + length - 60).length;
  const best = places.reduce((chosen, start) => (countFrom(start) > countFrom(chosen) ? start : chosen), places[0] ?? 0);
  const from = Math.max(0, Math.min(best - 60, flat.length - length));
  const start = from === 0 ? 0 : flat.indexOf(' ', from) + 1;
  const end = start + length >= flat.length ? flat.length : flat.lastIndexOf(' ', start + length);
  return `${start > 0 ? '… ' : ''}${flat.slice(start, end > start ? end : start + length)}${end < flat.length ? ' …' : ''}`;
}
