import type { ReactNode } from 'react';

/** A link out of the console. Only web addresses become links: they come from documents and requests. */
export function WebLink({ href, children }: { readonly href: string | null; readonly children: ReactNode }) {
  if (href === null || !/^https?:\/\//i.test(href)) return children;
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
