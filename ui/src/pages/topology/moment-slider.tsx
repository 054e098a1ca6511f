import { useEffect, useState } from 'react';
import type { TopologyMomentList } from '../../../../src/api/contract.ts';
import type { Ahead } from '../../api/use-api.ts';
import { count, formatTime, toMs } from '../../text/format.ts';

/** A slider that moves on is asked for only when it rests for so long. */
const REST_MS = 120;

export type Moment = TopologyMomentList['items'][number];

interface MomentSliderProps {
  readonly label: string;
  /** Newest first. */
  readonly moments: readonly Moment[];
  /** The chosen time; undefined for now. */
  readonly at: string | undefined;
  readonly onChoose: (at: string | undefined) => void;
  /** For the buttons that lead to a moment. */
  readonly askAhead: (at: string | undefined) => Ahead;
}

/** Chooses a moment at which something changed, or now. A time between two moments counts as the one before, as nothing changed since. */
export function MomentSlider({ label, moments, at, onChoose, askAhead }: MomentSliderProps) {
  const rising = moments.toReversed();
  const last = rising.length;
  const [moved, setMoved] = useState<number>();
  const chosen =
    at === undefined
      ? last
      : Math.max(
          0,
          rising.findLastIndex((moment) => toMs(moment.at) <= toMs(at)),
        );
  const place = moved ?? chosen;
  const choose = (index: number): void => {
    setMoved(undefined);
    onChoose(rising[index]?.at);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another movement begins another rest
  useEffect(() => {
    if (moved === undefined) return;
    const timer = setTimeout(() => choose(moved), REST_MS);
    return () => clearTimeout(timer);
  }, [moved]);
  const moment = rising[place];
  const words = moment === undefined ? 'now' : `${formatTime(moment.at)} UTC: ${describe(moment)}`;
  return (
    <div className="moment">
      <button
        type="button"
        {...askAhead(rising[place - 1]?.at)}
        aria-label={`${label}: earlier change`}
        disabled={place === 0}
        onClick={() => choose(place - 1)}
      >
        ←
      </button>
      <label>
        {label}
        <input
          type="range"
          min={0}
          max={last}
          value={place}
          aria-valuetext={words}
          onChange={({ target }) => setMoved(Number(target.value))}
        />
      </label>
      <button
        type="button"
        {...askAhead(rising[place + 1]?.at)}
        aria-label={`${label}: later change`}
        disabled={place === last}
        onClick={() => choose(place + 1)}
      >
        →
      </button>
      <output>{words}</output>
    </div>
  );
}

function describe({ opened, closed }: Moment): string {
  const parts = [opened > 0 && `${count(opened, 'declaration')} opened`, closed > 0 && `${closed} closed`];
  return parts.filter(Boolean).join(', ');
}
