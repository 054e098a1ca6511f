/** Below this share of common pairs two texts have nothing to do with each other. */
const LEAST = 0.3;

/**
 * The values whose texts are most like a text, most alike first, each value once. Alike is the share of common pairs of neighbouring letters
 * (Dice's coefficient, 0 to 1); below 0.3 a value is left out.
 */
export function rankBySimilarity<Value>(
  text: string,
  candidates: readonly { readonly text: string; readonly value: Value }[],
  limit: number,
): Value[] {
  const wanted = pairsOf(text);
  const best = new Map<Value, number>();
  for (const candidate of candidates) {
    const alike = compare(wanted, pairsOf(candidate.text));
    if (alike >= LEAST && alike > (best.get(candidate.value) ?? 0)) best.set(candidate.value, alike);
  }
  return [...best]
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, limit)
    .map(([value]) => value);
}

function pairsOf(text: string): Set<string> {
  const letters = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(1, letters.length - 1) }, (_, index) => letters.slice(index, index + 2)));
}

function compare(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let common = 0;
  for (const pair of left) if (right.has(pair)) common++;
  return (2 * common) / (left.size + right.size);
}
