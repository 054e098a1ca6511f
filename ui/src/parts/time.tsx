import { formatAge, formatSecond } from '../text/format.ts';

interface TimeProps {
  readonly at: string | null;
  /** When the server answered; with it the age is shown, and the time itself on hover. */
  readonly asOf?: string | undefined;
}

/** A time in UTC, or how long ago it was; a dash for none. */
export function Time({ at, asOf }: TimeProps) {
  if (at === null) return <span className="quiet">–</span>;
  const text = formatSecond(at);
  return (
    <time dateTime={at} title={`${text} UTC`}>
      {asOf ? formatAge(at, asOf) : text}
    </time>
  );
}
