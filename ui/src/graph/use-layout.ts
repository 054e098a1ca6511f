import { useEffect, useState } from 'react';
import type { LayoutStep, LayoutTask } from './layout-worker.ts';
import type { Picture } from './picture.ts';
import { forgetPlaces, keepPlaces, type Places, readPlaces, startPlaces } from './places.ts';

const ITERATIONS = 400;

/** Places of the nodes of a picture; `isDone` once nothing moves any more. */
export interface Layout {
  readonly places: Places;
  readonly isDone: boolean;
  /** Begins anew, without the kept places. */
  readonly redo: () => void;
}

/**
 * Lays a picture out in a worker, step by step. Nodes whose places this browser keeps under `name` stay there, also when the picture changes; only
 * new ones move.
 */
export function useLayout(name: string, picture: Picture): Layout {
  const [layout, setLayout] = useState<Omit<Layout, 'redo'>>({ places: new Map(), isDone: false });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round begins anew
  useEffect(() => {
    const ids = picture.nodes.map(({ id }) => id);
    const { places, isKept } = startPlaces(picture, readPlaces(name));
    const done = (all: Places): void => {
      keepPlaces(name, all);
      setLayout({ places: all, isDone: true });
    };
    if (isKept.size === ids.length) {
      setLayout({ places, isDone: true });
      return;
    }
    setLayout({ places, isDone: false });
    const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data: { places: step, isDone } }: MessageEvent<LayoutStep>) => {
      const now = new Map(ids.map((id, index) => [id, [step[2 * index] ?? 0, step[2 * index + 1] ?? 0] as const]));
      if (isDone) done(now);
      else setLayout({ places: now, isDone: false });
    };
    // Without a worker the nodes stand where they begin, which is a picture all the same.
    worker.onerror = () => done(places);
    const index = new Map(ids.map((id, place) => [id, place]));
    worker.postMessage({
      places: Float64Array.from([...places.values()].flat()),
      fixed: Uint8Array.from(ids.map((id) => (isKept.has(id) ? 1 : 0))),
      edges: Uint32Array.from(picture.edges.flatMap(({ src, dst }) => [index.get(src) ?? 0, index.get(dst) ?? 0])),
      iterations: ITERATIONS,
    } satisfies LayoutTask);
    return () => worker.terminate();
  }, [name, picture, round]);
  const redo = (): void => {
    forgetPlaces(name);
    setRound((before) => before + 1);
  };
  return { ...layout, redo };
}
