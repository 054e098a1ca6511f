import { useIsFetching } from '@tanstack/react-query';
import { useEffect } from 'react';
import { pages } from '../pages/index.ts';

/** Answers of a page often lead to further questions; after so many ms without any it has what it shows. */
const QUIET_MS = 300;

/** Brings the scripts of all pages once the first one has its answers, so that opening another waits for answers only. It shows nothing. */
export function Preparation(): null {
  const isQuiet = useIsFetching() === 0;
  useEffect(() => {
    if (!isQuiet) return;
    const waiting = setTimeout(() => {
      // A page that cannot be loaded says so when it is opened.
      for (const page of pages) page.prepare().catch(() => undefined);
    }, QUIET_MS);
    return () => clearTimeout(waiting);
  }, [isQuiet]);
  return null;
}
