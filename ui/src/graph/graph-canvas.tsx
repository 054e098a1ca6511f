import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useIsDark } from '../frame/theme.ts';
import { createDrawing, type Drawing, type Hovered } from './drawing.ts';
import './graph.css';
import type { Picture } from './picture.ts';
import { useLayout } from './use-layout.ts';

interface GraphCanvasProps {
  /** Under this name the browser keeps where the nodes stand. */
  readonly name: string;
  readonly picture: Picture;
  /** Only these nodes are shown, with the edges between them; all of them if absent. */
  readonly shown?: ReadonlySet<string> | undefined;
  /** Names what `shown` was made from: when it changes, all of what is shown comes into view. */
  readonly aim: string;
  /** Node or edge that stands out. */
  readonly chosen?: string | undefined;
  /** What the picture shows, in a sentence for those who cannot see it; where the same stands as text belongs in it. */
  readonly label: string;
  /** Words about a node or edge under the pointer. */
  readonly describe: (id: string) => ReactNode;
  readonly onChooseNode: (id: string) => void;
  readonly onChooseEdge?: (id: string) => void;
}

/** How far an arrow key moves the view, as a share of what is seen. */
const STEP = 0.15;
const moves: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};

/** Nodes and arrows, drawn by WebGL: to be moved, zoomed, hovered and clicked. Whatever it shows must also be there as text. */
export function GraphCanvas({ name, picture, shown, aim, chosen, label, describe, onChooseNode, onChooseEdge }: GraphCanvasProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const names = useRef<HTMLDivElement>(null);
  const tools = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  const choose = useRef({ onChooseNode, onChooseEdge });
  choose.current = { onChooseNode, onChooseEdge };
  const [hovered, setHovered] = useState<Hovered>();
  const [isBroken, setBroken] = useState(false);
  const [area, setArea] = useState('');
  const isPainted = useIsPainted();
  const { places, isDone, redo } = useLayout(name, picture);
  const isDark = useIsDark();
  const seen = useMemo(
    () =>
      shown === undefined
        ? picture
        : {
            nodes: picture.nodes.filter(({ id }) => shown.has(id)),
            edges: picture.edges.filter(({ src, dst }) => shown.has(src) && shown.has(dst)),
          },
    [picture, shown],
  );

  useEffect(() => {
    if (!isPainted || canvas.current === null || names.current === null || tools.current === null) return;
    try {
      drawing.current = createDrawing(
        { canvas: canvas.current, names: names.current, tools: tools.current },
        {
          onHover: setHovered,
          onNode: (id) => choose.current.onChooseNode(id),
          onEdge: (id) => choose.current.onChooseEdge?.(id),
        },
      );
    } catch {
      setBroken(true);
    }
    return () => {
      const gone = drawing.current;
      drawing.current = undefined;
      // Giving the graphics back takes longer than showing what comes instead.
      setTimeout(() => gone?.kill());
    };
  }, [isPainted]);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const read = (): string => `${element.clientWidth} ${element.clientHeight}`;
    // The size at first is the one that is drawn for anyway.
    let before = read();
    const observer = new ResizeObserver(() => {
      if (read() !== before) setArea(read());
      before = read();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new drawing shows nothing yet, and another area has other places
  useEffect(() => {
    if (places) drawing.current?.show(seen, places);
  }, [seen, places, area, isPainted]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new drawing has nothing chosen yet
  useEffect(() => drawing.current?.choose(chosen), [chosen, isPainted]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the theme
  useEffect(() => drawing.current?.recolour(), [isDark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the camera goes back whenever something else is aimed at
  useEffect(() => {
    drawing.current?.camera.setState({ x: 0.5, y: 0.5, ratio: 1, angle: 0 });
  }, [aim]);

  const camera = () => drawing.current?.camera;
  const onKeyDown = (event: KeyboardEvent): void => {
    const state = camera()?.getState();
    const [x, y] = moves[event.key] ?? [];
    if (state && x !== undefined && y !== undefined)
      camera()?.setState({ ...state, x: state.x + x * state.ratio, y: state.y + y * state.ratio });
    else if (event.key === '+') void camera()?.animatedZoom();
    else if (event.key === '-') void camera()?.animatedUnzoom();
    else if (event.key === '0') void camera()?.animatedReset();
    else return;
    event.preventDefault();
  };
  const isAtEnd = hovered !== undefined && hovered.x > (canvas.current?.clientWidth ?? 0) / 2;
  return (
    <div className="graph" data-settled={isDone && isPainted}>
      <section
        className="graph-frame"
        aria-label="Drawing: arrow keys move it, + and − zoom, 0 shows the whole"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what moves must be reachable by keyboard
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={canvas} className="graph-canvas" role="img" aria-label={label} />
        <div ref={names} className="graph-names" aria-hidden="true" />
      </section>
      {isBroken && <p className="graph-note">This browser does not draw WebGL; the table below says the same.</p>}
      {hovered && (
        <div className={isAtEnd ? 'graph-words is-left' : 'graph-words'} style={{ left: hovered.x, top: hovered.y }} aria-hidden="true">
          {describe(hovered.id)}
        </div>
      )}
      <div ref={tools} className="graph-tools">
        <button type="button" aria-label="Zoom in" onClick={() => void camera()?.animatedZoom()}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => void camera()?.animatedUnzoom()}>
          −
        </button>
        <button type="button" onClick={() => void camera()?.animatedReset()}>
          Whole
        </button>
        <button type="button" onClick={redo} title="Forget where the nodes stand and lay them out again">
          Lay out again
        </button>
      </div>
    </div>
  );
}

/** Whether what stands on the page has been painted: to make a drawing takes longer than all else, and what is there to read need not wait for it. */
function useIsPainted(): boolean {
  const [isPainted, setPainted] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The first call is before this frame is painted, the next one after it.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        timer = setTimeout(() => setPainted(true));
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  return isPainted;
}
