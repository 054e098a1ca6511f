/** Lets one loop rest until its time is over or another part of the process has something for it. */
export interface Wake {
  /** Ends the present rest, or the next one if nobody rests. */
  wake(): void;
  /** Resolves after `milliseconds`, when woken, or when the signal fires. */
  rest(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export function createWake(): Wake {
  let pending = false;
  let end: (() => void) | undefined;
  return {
    wake() {
      if (end) end();
      else pending = true;
    },
    async rest(milliseconds, signal) {
      if (pending || signal.aborted) {
        pending = false;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => end?.(), milliseconds);
        end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          end = undefined;
          resolve();
        };
        const onAbort = (): void => end?.();
        signal.addEventListener('abort', onAbort);
      });
    },
  };
}
