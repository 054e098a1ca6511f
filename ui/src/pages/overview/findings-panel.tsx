import { useState } from 'react';
import { Link } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import type { Finding } from './findings.ts';

const SHOWN = 6;

/** What is wrong and what to do about it; nothing where all is well. */
export function FindingsPanel({ findings }: { readonly findings: readonly Finding[] }) {
  const toPage = useToPage();
  const [isWhole, setWhole] = useState(false);
  if (findings.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="findings-title">
      <h2 id="findings-title">What needs you</h2>
      <ul className="findings">
        {(isWhole ? findings : findings.slice(0, SHOWN)).map(({ level, text, advice, runs }) => (
          <li key={text} className={`is-${level}`}>
            <span className="finding-sign" aria-hidden="true">
              {level === 'bad' ? '✕' : '!'}
            </span>
            <div>
              <p className="finding-text">{text}</p>
              <p className="quiet">
                {advice} {runs && <Link href={toPage('/runs', runs)}>Show its runs</Link>}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {findings.length > SHOWN && (
        <button type="button" className="more" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${findings.length}`}
        </button>
      )}
    </section>
  );
}
