import { signs } from '../../parts/status.tsx';

/** What the cells of the grid mean. */
export function Legend() {
  return (
    <ul className="legend">
      {Object.entries(signs).map(([status, sign]) => (
        <li key={status}>
          <span className={`cell is-${status}`} aria-hidden="true">
            {sign}
          </span>
          {status === 'none' ? 'no run' : status}
        </li>
      ))}
    </ul>
  );
}
