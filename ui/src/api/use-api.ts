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
    ...toAsked<Answer>(path, query, freshness),
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
    ...toAskedList<List>(path, query, freshness),
    getNextPageParam: (last) => last.next_cursor,
    // One function for all renders, or every render would compare all items again.
    select: join<Item, List>,
    enabled: freshness.wait !== true,
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  });
}

/** A question that a page is likely to ask next: with `isList` as `useApiList` asks it, else as `useApi`. */
export interface Question {
  readonly path: string;
  readonly query: Query;
  readonly isList?: boolean;
}

/** What a button takes that leads to questions. */
export interface Ahead {
  readonly onPointerDown: () => void;
}

/** For buttons that lead to questions: they are asked when the button is pressed, a tenth of a second before it is let go. */
export function useAhead(): (toQuestions: () => readonly Question[]) => Ahead {
  const client = useQueryClient();
  return (toQuestions) => ({
    onPointerDown: () => {
      for (const { path, query, isList = false } of toQuestions())
        if (isList) void client.prefetchInfiniteQuery(toAskedList<ListOf<unknown>>(path, query));
        else void client.prefetchQuery(toAsked(path, query));
    },
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

function toAsked<Answer>(path: string, query: Query, { live = false, accept = [] }: Freshness = {}) {
  return {
    ...{ queryKey: [path, query], meta: { live } },
    queryFn: ({ signal }: { readonly signal: AbortSignal }) => ask<Answer>(path, { query, signal, accept }),
  };
}

function toAskedList<List>(path: string, query: Query, { live = false }: Freshness = {}) {
  return {
    ...{ queryKey: [path, query, 'list'], meta: { live }, initialPageParam: undefined as string | undefined },
    queryFn: ({ signal, pageParam }: { readonly signal: AbortSignal; readonly pageParam: string | undefined }) =>
      ask<List>(path, { query: { ...query, cursor: pageParam }, signal }),
  };
}

function join<Item, List extends ListOf<Item>>({ pages }: { readonly pages: readonly List[] }): List {
  return { ...(pages.at(-1) as List), items: pages.flatMap(({ items }) => items) };
}

function useInterval({ every, live = false }: Freshness): number | false {
  const streams = useIsLive();
  if (every === undefined || (live && streams)) return false;
  return every * 1000;
}
