import type { RunStatus } from '../api/types.ts';

/** The sign of each status, so that none is told by its colour alone. */
export const signs: Readonly<Record<RunStatus | 'none', string>> = {
  success: '✓',
  running: '▸',
  queued: '·',
  dead: '✕',
  canceled: '–',
  skipped: '/',
  none: '',
};

/** A status in words with its sign and colour. */
export function Status({ of: status }: { readonly of: RunStatus }) {
  return (
    <span className={`status is-${status}`}>
      <span aria-hidden="true" className="sign">
        {signs[status]}
      </span>
      {status}
    </span>
  );
}
