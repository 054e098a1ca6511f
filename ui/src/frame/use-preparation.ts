import { useEffect } from 'react';
import { matchRoute, useRouter } from 'wouter';
import { pages } from '../pages/index.ts';

/** While somebody points at a link or reaches it by keyboard, the script of its page is brought, so that opening it waits for answers only. */
export function usePreparation(): void {
  const { base, parser } = useRouter();
  useEffect(() => {
    const prepare = ({ target }: Event): void => {
      const link = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href]') : null;
      if (link === null || link.origin !== location.origin || !link.pathname.startsWith(base)) return;
      const path = link.pathname.slice(base.length) || '/';
      // A page that cannot be loaded says so when it is opened.
      pages
        .find((page) => matchRoute(parser, page.path, path)[0])
        ?.prepare()
        .catch(() => undefined);
    };
    document.addEventListener('pointerover', prepare);
    document.addEventListener('focusin', prepare);
    return () => {
      document.removeEventListener('pointerover', prepare);
      document.removeEventListener('focusin', prepare);
    };
  }, [base, parser]);
}
