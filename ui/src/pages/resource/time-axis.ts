import { useMemo } from 'react';
import { useAddress } from '../../frame/address.ts';
import { toSpanChange } from '../../parts/span-choice.tsx';
import { toMs } from '../../text/format.ts';

/** Both ends of the time that the page looks at. */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** The axis that all charts of the page share: a moment is marked in all of them, and a span that is drawn becomes the time of the page. */
export function useTimeAxis({ from, to }: TimeRange) {
  const [, set] = useAddress();
  const range = useMemo(() => ({ from: toMs(from), to: toMs(to) }), [from, to]);
  const onSelect = (start: number, end: number): void => set(toSpanChange(start, end), { push: true });
  return { range, group: 'resource', onSelect };
}
