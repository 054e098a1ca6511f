/** Runs work strictly one after another, in the order of the calls; a failure does not stop what comes after it. */
export function createSerial(): <R>(work: () => Promise<R>) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
