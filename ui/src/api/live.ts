import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { send } from './ask.ts';
import { toProblem } from './problem.ts';

/** While a job catches up there are hundreds of changes a second; more than one look in this time is not worth its cost. */
const GATHER_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

let live = false;
const listeners = new Set<() => void>();

function setLive(value: boolean): void {
  if (live === value) return;
  live = value;
  for (const listener of listeners) listener();
}

/** Whether the server announces changes of runs to this page now. */
export function useIsLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}

/** Follows the runs of a tenant, or of all, as long as the page is visible, and lets answers about runs be asked for again. */
export function useLiveRuns(tenant: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let changed = new Set<Query>();
    const refresh = (): void => {
      for (const query of listLive(client)) changed.add(query);
      timer ??= setTimeout(() => {
        const before = changed;
        [timer, changed] = [undefined, new Set()];
        void client.invalidateQueries({ predicate: (query) => before.has(query) });
      }, GATHER_MS);
    };
    let following = new AbortController();
    // Browsers keep few connections to one server: a tab that nobody looks at must not hold one.
    const look = (): void => {
      following.abort();
      following = new AbortController();
      if (document.visibilityState === 'visible') void follow(tenant, refresh, following.signal);
      else setLive(false);
    };
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      following.abort();
      clearTimeout(timer);
      setLive(false);
    };
  }, [client, tenant]);
}

/** Answers about runs that are there or on their way: what is asked from now on knows every change so far. */
function listLive(client: QueryClient): Query[] {
  return client.getQueryCache().findAll({
    predicate: ({ meta, state }) => meta?.live === true && (state.data !== undefined || state.fetchStatus === 'fetching'),
  });
}

async function follow(tenant: string | undefined, onRun: () => void, signal: AbortSignal): Promise<void> {
  for (let pause = GATHER_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      // `EventSource` cannot send the token but in the address, where it would be logged.
      const response = await send('/api/v1/stream', { query: { tenant_id: tenant }, signal });
      setLive(true);
      onRun();
      for await (const name of readEventNames(response)) {
        pause = GATHER_MS;
        if (name === 'run') onRun();
      }
    } catch (error) {
      if ([401, 403, 404].includes(toProblem(error).status)) return;
    }
    if (!signal.aborted) setLive(false);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function* readEventNames(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('event:')) yield line.slice(6).trim();
  }
}
