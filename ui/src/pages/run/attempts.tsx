import { useState } from 'react';
import type { RunDetail } from '../../api/types.ts';
import { useAddress } from '../../frame/address.ts';
import { Empty } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';
import { count } from '../../text/format.ts';
import { describeTook } from '../runs/took.ts';

type Attempt = RunDetail['attempts'][number];

/** The attempts of a run with their logs, newest first; the one that the address names is open, else the newest. */
export function Attempts({ run }: { readonly run: RunDetail }) {
  const [get, set] = useAddress();
  const attempts = run.attempts.toReversed();
  const open = get('attempt') ?? String(attempts[0]?.attempt);
  const older = (attempts.at(-1)?.attempt ?? 1) - 1;
  return (
    <section className="panel" aria-labelledby="attempts-title">
      <h2 id="attempts-title">Attempts and log</h2>
      {attempts.length === 0 && (
        <Empty
          title="There is no attempt to show."
          advice={run.attempt === 0 ? 'The log begins when a worker claims the window.' : 'Its attempts are so old that they were pruned.'}
        />
      )}
      {attempts.map((attempt) => (
        <details key={attempt.attempt} className="attempt" open={open === String(attempt.attempt)}>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is the button of its details */}
          <summary
            onClick={(event) => {
              event.preventDefault();
              set({ attempt: open === String(attempt.attempt) ? 'none' : String(attempt.attempt) });
            }}
          >
            <Title of={attempt} />
          </summary>
          <Log of={attempt} />
        </details>
      ))}
      {attempts.length > 0 && older > 0 && (
        <p className="quiet">{count(older, 'older attempt is', 'older attempts are')} not shown: pruned, or beyond the newest 50.</p>
      )}
    </section>
  );
}

function Title({ of }: { readonly of: Attempt }) {
  const { attempt, status, started_at, error_code } = of;
  const took = describeTook(of);
  return (
    <>
      <strong>Attempt {attempt}</strong> · {status}
      {error_code !== null && (
        <>
          {' '}
          · <code>{error_code}</code>
        </>
      )}{' '}
      · <Time at={started_at} />
      {took !== undefined && ` · took ${took}`}
    </>
  );
}

function Log({ of: { attempt, status, log } }: { readonly of: Attempt }) {
  if (log.length === 0) return <p className="quiet">No line was kept of this attempt: it is from a version without logs.</p>;
  return (
    <div className="log-frame">
      <CopyButton text={log.map(({ at, level, text }) => `${at} ${level} ${text}\n`).join('')} />
      <ol className="log" aria-label={`Log of attempt ${attempt}`}>
        {log.map(({ at, level, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name, and only the newest attempt gets more at its end
          <li key={index} className={`is-${level}`}>
            <time dateTime={at} title={at}>
              {new Date(at).toISOString().slice(11, 23)}
            </time>
            <span className="log-level">{level}</span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
      {status === 'running' && <p className="quiet">It runs. Its other lines come when it ends; this page shows them by itself.</p>}
    </div>
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  // Browsers have no clipboard for pages that came without encryption from elsewhere.
  if (navigator.clipboard === undefined) return null;
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <button type="button" className="log-copy" onClick={copy} onBlur={() => setCopied(false)}>
      <span aria-live="polite">{isCopied ? 'Copied' : 'Copy log'}</span>
    </button>
  );
}
