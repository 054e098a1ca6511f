/**
 * How many hops everything near a resource is away, by id, the resource itself with 0; `step` finds what is one hop from any of the given. Hops that
 * begin after more than `most` others were found are not walked.
 */
export async function walkHops(
  start: bigint,
  hops: number,
  step: (near: readonly bigint[]) => Promise<readonly { readonly id: bigint }[]>,
  most = Number.POSITIVE_INFINITY,
): Promise<Map<bigint, number>> {
  const found = new Map([[start, 0]]);
  let near = [start];
  for (let hop = 1; hop <= hops && near.length > 0 && found.size - 1 <= most; hop++) {
    near = [...new Set((await step(near)).map(({ id }) => id))].filter((id) => !found.has(id));
    for (const id of near) found.set(id, hop);
  }
  return found;
}
