import { useEffect, useMemo, useState } from 'react';
import type { LayoutStep, LayoutTask } from './layout-worker.ts';
import type { Picture } from './picture.ts';
import { forgetPlaces, keepPlaces, type Places, readPlaces, startPlaces } from './places.ts';

/** Places of the nodes of a picture. */
export interface Layout {
  /** Undefined while there are none to show yet. */
  readonly places: Places | undefined;
  /** Nothing moves any more. */
  readonly isDone: boolean;
  /** Begins anew, without the kept places. */
  readonly redo: () => void;
}

/**
 * Lays a picture out in a worker. Nodes whose places this browser keeps under `name` stay there, also when the picture changes; only new ones are
 * placed.
 */
export function useLayout(name: string, picture: Picture): Layout {
  const [round, setRound] = useState(0);
  const shape = useMemo(
    () => JSON.stringify([picture.nodes.map(({ id }) => id).sort(), picture.edges.map(({ id }) => id).sort()]),
    [picture],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another shape or round is another layout
  const start = useMemo(() => {
    // In one order, so that the same resources get the same places whatever order they are told in.
    const [nodes, all] = [picture.nodes.toSorted(byId), picture.edges.toSorted(byId)];
    const { places, isKept } = startPlaces({ nodes, edges: all }, readPlaces(name));
    const index = new Map([...places.keys()].map((id, place) => [id, place]));
    return { places, isKept, edges: Uint32Array.from(all.flatMap(({ src, dst }) => [index.get(src) ?? 0, index.get(dst) ?? 0])) };
  }, [name, shape, round]);
  const [laid, setLaid] = useState<{ readonly start: unknown; readonly places: Places; readonly isDone: boolean }>();
  useEffect(() => {
    const { places, isKept, edges } = start;
    if (isKept.size === places.size) return;
    const ids = [...places.keys()];
    const done = (all: Places): void => {
      keepPlaces(name, all);
      setLaid({ start, places: all, isDone: true });
    };
    const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data: { places: step, isDone } }: MessageEvent<LayoutStep>) => {
      const now = new Map(ids.map((id, index) => [id, [step[2 * index] ?? 0, step[2 * index + 1] ?? 0] as const]));
      if (isDone) done(now);
      else setLaid({ start, places: now, isDone: false });
    };
    // Without a worker the nodes stand where they begin, which is a picture all the same.
    worker.onerror = () => done(places);
    worker.postMessage({
      ...{ places: Float64Array.from([...places.values()].flat()), edges },
      fixed: Uint8Array.from(ids.map((id) => (isKept.has(id) ? 1 : 0))),
    } satisfies LayoutTask);
    return () => worker.terminate();
  }, [name, start]);
  const redo = (): void => {
    forgetPlaces(name);
    setRound((before) => before + 1);
  };
  if (start.isKept.size === start.places.size) return { places: start.places, isDone: true, redo };
  return laid?.start === start ? { places: laid.places, isDone: laid.isDone, redo } : { places: undefined, isDone: false, redo };
}

const byId = (left: { readonly id: string }, right: { readonly id: string }): number => (left.id < right.id ? -1 : 1);
