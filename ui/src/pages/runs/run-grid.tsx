import { type KeyboardEvent, memo, type RefObject, type SyntheticEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { WindowState } from '../../api/types.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { signs } from '../../parts/status.tsx';
import { formatClock, formatTime, formatWindow, toIso } from '../../text/format.ts';
import { type Cell, describeCell, type Lane, toLanes } from './cells.ts';
import { lengths, type Shown } from './range.ts';

/** A cell must stay wide enough for its sign and a finger. */
const CELL_PX = 13;

interface RunGridProps {
  readonly windows: readonly WindowState[];
  /** There are more windows than were asked for. */
  readonly isCut: boolean;
  readonly shown: Shown;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

/** Windows by job and time. The arrow keys move between cells; Enter opens a run, or the part of the time that a joined cell stands for. */
export function RunGrid({ windows, isCut, shown }: RunGridProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [, go] = useLocation();
  const [, setAddress] = useAddress();
  const toPage = useToPage();
  const most = Math.max(12, Math.floor(useWidth(frame) / CELL_PX));
  const lanes = useMemo(() => {
    const all = toLanes(windows, shown.from, shown.to, most);
    // The last lane may lack its end, which would look like windows that never ran.
    return isCut && all.length > 1 ? all.slice(0, -1) : all;
  }, [windows, isCut, shown.from, shown.to, most]);
  const [looked, setLooked] = useState<Place>();
  const lane = looked && lanes[looked.row];
  const cell = looked && lane?.cells[looked.column];
  // One cell is in the order of Tab: the one that was looked at last, at first the newest.
  const stop = cell === undefined ? { row: 0, column: (lanes[0]?.cells.length ?? 0) - 1 } : looked;

  const look = ({ target }: SyntheticEvent): void => {
    const place = readPlace(target);
    if (place !== undefined) setLooked(place);
  };
  const open = ({ target }: SyntheticEvent): void => {
    const place = readPlace(target);
    const opened = place && lanes[place.row]?.cells[place.column];
    if (place === undefined || opened === undefined) return;
    const [only] = opened.windows;
    if (opened.windows.length === 1 && typeof only?.id === 'number') go(toPage(`/runs/${only.id}`));
    if (opened.windows.length === 1) return;
    setAddress({ span: nextSpan(shown, opened), to: toIso(opened.to), job: lanes[place.row]?.job }, { push: true });
  };
  const move = (event: KeyboardEvent): void => {
    const place = stop && nextPlace(lanes, stop, event.key);
    if (place === undefined) return;
    event.preventDefault();
    frame.current?.querySelector<HTMLElement>(`[data-place="${place.row} ${place.column}"]`)?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: cells have places in time, which no table has
    <div
      ref={frame}
      className="grid"
      role="grid"
      aria-label="Windows by job and time"
      tabIndex={-1}
      onKeyDown={move}
      onClick={open}
      onFocus={look}
      onMouseOver={look}
    >
      <TimeRuler shown={shown} />
      {lanes.map((shownLane, row) => (
        <LaneRow key={shownLane.key} lane={shownLane} row={row} stop={stop?.row === row ? stop.column : undefined} />
      ))}
      <p className="grid-words">
        {lane === undefined || cell === undefined ? (
          <span className="quiet">Point at a cell, or walk with the arrow keys.</span>
        ) : (
          <>
            <strong>{lane.job}</strong> {formatTenant(lane.tenantId)} · {formatWindow(cell.from, cell.to)} · {describeCell(cell)}
          </>
        )}
      </p>
    </div>
  );
}

interface LaneRowProps {
  readonly lane: Lane;
  readonly row: number;
  /** The cell that Tab reaches, if it is in this lane. */
  readonly stop: number | undefined;
}

/** Drawn again only when its own windows change: pointing at a cell must not draw all of them. */
const LaneRow = memo(function LaneRow({ lane, row, stop }: LaneRowProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: cells have places in time, which no table has
    // biome-ignore lint/a11y/useFocusableInteractive: the buttons within take the focus
    <div className="grid-row" role="row">
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
      <span className="grid-name" role="rowheader">
        {lane.job} <span className="quiet">{formatTenant(lane.tenantId)}</span>
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
      <span className="grid-lane" role="gridcell">
        {lane.cells.map((cell, column) => (
          <button
            key={cell.from}
            type="button"
            className={`cell is-${cell.status}`}
            style={{ left: `${100 * cell.left}%`, width: `${100 * cell.width}%` }}
            aria-label={`${lane.job} of ${formatTenant(lane.tenantId)}, ${formatWindow(cell.from, cell.to)}: ${describeCell(cell)}`}
            data-place={`${row} ${column}`}
            tabIndex={stop === column ? 0 : -1}
          >
            {signs[cell.status]}
          </button>
        ))}
      </span>
    </div>
  );
});

function readPlace(target: EventTarget): Place | undefined {
  const text = target instanceof HTMLElement ? target.dataset.place : undefined;
  const [row, column] = (text ?? '').split(' ').map(Number);
  return text === undefined || row === undefined || column === undefined ? undefined : { row, column };
}

const steps: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** Where an arrow key leads; up and down keep to the time, because lanes have cells of different lengths. */
function nextPlace(lanes: readonly Lane[], at: Place, key: string): Place | undefined {
  const step = steps[key];
  if (step === undefined) return undefined;
  const row = Math.min(lanes.length - 1, Math.max(0, at.row + step[0]));
  const cells = lanes[row]?.cells ?? [];
  if (step[0] === 0) return { row, column: Math.min(cells.length - 1, Math.max(0, at.column + step[1])) };
  const time = lanes[at.row]?.cells[at.column]?.from ?? 0;
  const beneath = cells.findIndex(({ from, to }) => from <= time && time < to);
  return { row, column: Math.max(0, beneath) };
}

/** The shortest length that holds the whole cell and is shorter than what is shown. */
function nextSpan({ from, to }: Shown, cell: Cell): string {
  const fitting = Object.entries(lengths).find(([, minutes]) => minutes * 60_000 >= cell.to - cell.from && minutes * 60_000 < to - from);
  return fitting?.[0] ?? '1h';
}

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function TimeRuler({ shown }: { readonly shown: Shown }) {
  const length = shown.to - shown.from;
  const step = [10, 30, 60, 240, 720].map((minutes) => minutes * MINUTE).find((candidate) => length / candidate <= 7) ?? DAY;
  const first = Math.ceil(shown.from / step) * step;
  const marks = Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => first + index * step);
  return (
    <div className="grid-row ruler" aria-hidden="true">
      <span className="grid-name quiet">{formatTime(shown.from).slice(0, 10)}</span>
      <span className="grid-lane">
        {marks
          .filter((mark) => mark < shown.to - length / 12)
          .map((mark) => (
            <span key={mark} className="mark" style={{ left: `${(100 * (mark - shown.from)) / length}%` }}>
              {mark % DAY === 0 ? formatTime(mark).slice(5, 10) : formatClock(mark)}
            </span>
          ))}
      </span>
    </div>
  );
}

/** Width of a lane in pixels; 0 before it is drawn. */
function useWidth(frame: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const lane = frame.current?.querySelector('.grid-lane');
    if (!lane) return;
    const sizes = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    sizes.observe(lane);
    return () => sizes.disconnect();
  }, [frame]);
  return width;
}
