import Graph from 'graphology';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type Sigma from 'sigma';
import { useIsDark } from '../frame/theme.ts';
import { createDrawing, type Look } from './drawing.ts';
import './graph.css';
import type { Picture } from './picture.ts';
import type { Places } from './places.ts';
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

/** With more arrows than this the picture is a large one. */
const MOST_LIVE_EDGES = 2000;

/** Something under the pointer. */
interface Hovered {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** Nodes and arrows, drawn by WebGL: to be moved, zoomed, hovered and clicked. Whatever it shows must also be there as text. */
export function GraphCanvas({ name, picture, shown, aim, chosen, label, describe, onChooseNode, onChooseEdge }: GraphCanvasProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Sigma>(undefined);
  const look = useRef<Look>({ shown: undefined, chosen: undefined, hovered: undefined });
  const choose = useRef({ onChooseNode, onChooseEdge });
  choose.current = { onChooseNode, onChooseEdge };
  const [hovered, setHovered] = useState<Hovered>();
  const [isBroken, setBroken] = useState(false);
  look.current = { shown, chosen, hovered: hovered?.id };
  const { places, isDone, redo } = useLayout(name, picture);
  const isDark = useIsDark();
  const isLarge = picture.edges.filter(({ src, dst }) => !shown || (shown.has(src) && shown.has(dst))).length > MOST_LIVE_EDGES;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read again when the theme changes
  useEffect(() => {
    if (place.current === null) return;
    try {
      drawing.current = createDrawing(place.current, look, {
        onHover: setHovered,
        onNode: (id) => choose.current.onChooseNode(id),
        onEdge: (id) => choose.current.onChooseEdge?.(id),
      });
    } catch {
      setBroken(true);
    }
    return () => {
      drawing.current?.kill();
      drawing.current = undefined;
    };
  }, [isDark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme makes another drawing
  useEffect(() => {
    // A new graph at once is drawn faster than many changes of the old one.
    const spread = stretch(places, place.current);
    drawing.current?.setCustomBBox(toExtent(spread, look.current.shown)).setGraph(toGraph(picture, spread));
  }, [picture, places, isDark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands out is read by the drawing
  useEffect(() => {
    drawing.current?.setCustomBBox(toExtent(stretch(places, place.current), shown)).refresh({ skipIndexation: true });
  }, [shown, chosen, hovered?.id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme makes another drawing
  useEffect(() => {
    drawing.current?.setSetting('hideEdgesOnMove', isLarge).setSetting('minEdgeThickness', isLarge ? 0.8 : 1.7);
  }, [isLarge, isDark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the camera goes back whenever something else is aimed at
  useEffect(() => {
    drawing.current?.getCamera().setState({ x: 0.5, y: 0.5, ratio: 1, angle: 0 });
  }, [aim]);

  const camera = () => drawing.current?.getCamera();
  return (
    <div className="graph" data-settled={isDone}>
      <div ref={place} className="graph-canvas" role="img" aria-label={label} />
      {isBroken && <p className="graph-note">This browser does not draw WebGL; the table below says the same.</p>}
      {hovered && (
        <div className="graph-words" style={{ left: hovered.x, top: hovered.y }} aria-hidden="true">
          {describe(hovered.id)}
        </div>
      )}
      <div className="graph-tools">
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

/** Places as wide as the area is: names need room beside each other. */
function stretch(places: Places, area: HTMLElement | null): Places {
  const factor = Math.min(2, Math.max(0.6, (area?.clientWidth ?? 1) / (area?.clientHeight ?? 1)));
  return new Map([...places].map(([id, [x, y]]) => [id, [factor * x, y]]));
}

/** The rectangle around the shown places; null without any, which leaves it to the drawing. */
function toExtent(places: Places, shown: ReadonlySet<string> | undefined): { x: [number, number]; y: [number, number] } | null {
  const seen = [...places].filter(([id]) => shown === undefined || shown.has(id)).map(([, spot]) => spot);
  if (seen.length === 0) return null;
  const along = (axis: 0 | 1): [number, number] => {
    const values = seen.map((spot) => spot[axis]);
    return [Math.min(...values) - 1, Math.max(...values) + 1];
  };
  return { x: along(0), y: along(1) };
}

function toGraph({ nodes, edges }: Picture, places: Places): Graph {
  const graph = new Graph({ type: 'directed', multi: true });
  for (const node of nodes) {
    // Places of new nodes come with the layout, right afterwards.
    const [x, y] = places.get(node.id) ?? [0, 0];
    graph.addNode(node.id, { ...node, x, y });
  }
  for (const edge of edges) graph.addEdgeWithKey(edge.id, edge.src, edge.dst, { ...edge });
  return graph;
}
