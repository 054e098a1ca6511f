import { useCallback } from 'react';
import { useLocation, useSearchParams } from 'wouter';

/** Changes of the query string; undefined takes a field away. */
export type AddressChange = Readonly<Record<string, string | undefined>>;

/** The query string of the page, where its whole state is: a getter, and a setter that replaces the entry of the history unless `push`. */
export function useAddress(): readonly [
  (name: string) => string | undefined,
  (change: AddressChange, options?: { push?: boolean }) => void,
] {
  const [params, setParams] = useSearchParams();
  const get = (name: string): string | undefined => params.get(name) ?? undefined;
  const set = useCallback(
    (change: AddressChange, { push = false } = {}) => {
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(change)) {
            if (value === undefined || value === '') after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: !push },
      );
    },
    [setParams],
  );
  return [get, set];
}

/** Addresses of other pages: `toPage('/runs', { job: 'oo-agg' })`; the chosen tenant goes along. */
export function useToPage(): (path: string, query?: AddressChange) => string {
  const [params] = useSearchParams();
  const tenant = params.get('tenant') ?? undefined;
  return (path, query = {}) => {
    const fields = Object.entries({ tenant, ...query }).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    );
    return fields.length === 0 ? path : `${path}?${new URLSearchParams(fields)}`;
  };
}

/** The path of the page within the console, such as `/runs/7`. */
export function usePath(): string {
  return useLocation()[0];
}
