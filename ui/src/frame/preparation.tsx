import { useIsFetching } from '@tanstack/react-query';
import { useEffect } from 'react';
import { pages } from '../pages/index.ts';

/** Answers of a page often lead to further questions; after so many ms without any it has what it shows. */
const QUIET_MS = 300;

/**
 * Brings the scripts of all pages once the first one has its answers, one after the other while nothing else is to be done, so that opening another
 * waits for answers only. It shows nothing.
 */
export function Preparation(): null {
  const isQuiet = useIsFetching() === 0;
  useEffect(() => {
    if (!isQuiet) return;
    const stopped = new AbortController();
    const waiting = setTimeout(() => void prepareAll(stopped.signal), QUIET_MS);
    return () => {
      clearTimeout(waiting);
      stopped.abort();
    };
  }, [isQuiet]);
  return null;
}

async function prepareAll(signal: AbortSignal): Promise<void> {
  for (const page of pages) {
    // Not every browser tells when it is idle.
    await new Promise<unknown>((resolve) => ('requestIdleCallback' in window ? requestIdleCallback(resolve) : setTimeout(resolve)));
    if (signal.aborted) return;
    // A page that cannot be loaded says so when it is opened.
    await page.prepare().catch(() => undefined);
  }
}
