/** Lets pieces of work run, some at once; the result and the error are those of the work. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Lets at most `limit` pieces of work run at once and `waiting` more wait, in the order in which they came. Whatever comes beyond that rejects
 * with the error of `refuse` at once.
 */
export function createTurns(limit: number, waiting: number, refuse: () => Error): Turns {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < limit) running++;
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
    else throw refuse();
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
}
