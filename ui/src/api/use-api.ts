import {
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { type Ask, ask, type Query } from './ask.ts';
import { useIsLive } from './live.ts';

/** How an answer is kept up to date. */
export interface Freshness {
  /** Ask again after so many seconds; never if absent. */
  readonly every?: number;
  /** A change of a run changes this answer: the stream of runs makes it be asked for again, and `every` only counts while there is no stream. */
  readonly live?: boolean;
  /** Do not ask yet, as with a query that lacks its tenant. */
  readonly wait?: boolean;
  readonly accept?: readonly number[];
}

/** The newest answer of `GET path` with the query; the one before stays visible while another query is being answered. */
export function useApi<Answer>(path: string, query: Query = {}, freshness: Freshness = {}): UseQueryResult<Answer> {
  const interval = useInterval(freshness);
  return useQuery({
    queryKey: [path, query],
    meta: { live: freshness.live === true },
    queryFn: ({ signal }) => ask<Answer>(path, { query, signal, accept: freshness.accept ?? [] }),
    enabled: freshness.wait !== true,
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  });
}

/** What every list answers. */
export interface ListOf<Item> {
  readonly items: Item[];
  readonly next_cursor?: string;
  readonly as_of: string;
}

/** Pages of a list as one list, with `fetchNextPage` for more; what a list says beside its items is that of the last page. */
export function useApiList<Item, List extends ListOf<Item> = ListOf<Item>>(
  path: string,
  query: Query = {},
  freshness: Freshness = {},
): UseInfiniteQueryResult<List> {
  const interval = useInterval(freshness);
  return useInfiniteQuery({
    queryKey: [path, query, 'list'],
    meta: { live: freshness.live === true },
    queryFn: ({ signal, pageParam }) => ask<List>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor,
    // One function for all renders, or every render would compare all items again.
    select: join<Item, List>,
    enabled: freshness.wait !== true,
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  });
}

/** A POST, or a DELETE; afterwards every answer under `stale` (beginnings of paths) is asked for again. */
export function useAct<Answer, Body = undefined>(
  path: string,
  stale: readonly string[] = [],
  method: 'POST' | 'DELETE' = 'POST',
): UseMutationResult<Answer, Error, Body | undefined> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body | undefined) => ask<Answer>(path, { method, ...(body === undefined ? {} : { body }) } satisfies Ask),
    onSuccess: () =>
      client.invalidateQueries({ predicate: ({ queryKey }) => stale.some((start) => String(queryKey[0]).startsWith(start)) }),
  });
}

function join<Item, List extends ListOf<Item>>({ pages }: { readonly pages: readonly List[] }): List {
  return { ...(pages.at(-1) as List), items: pages.flatMap(({ items }) => items) };
}

function useInterval({ every, live = false }: Freshness): number | false {
  const streams = useIsLive();
  if (every === undefined || (live && streams)) return false;
  return every * 1000;
}
