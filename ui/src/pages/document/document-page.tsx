import { useEffect, useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import type { DocumentPage as Answered } from '../../../../src/api/contract.ts';
import { useApiList } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { OneTenant } from '../../frame/one-tenant.tsx';
import type { PageProps } from '../../frame/page-props.ts';
import { Markdown } from '../../parts/markdown.tsx';
import { Answer } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { WebLink } from '../../parts/web-link.tsx';
import { count } from '../../text/format.ts';
import './document.css';
import { RemoveControl } from './remove-control.tsx';
import { toSections } from './sections.ts';

type Passage = Answered['items'][number];

/** A document with what it is about; the passage of the address is marked and in view. */
export function DocumentPage({ params }: PageProps) {
  return <OneTenant>{(tenant) => <Loaded tenant={tenant} id={params.id ?? ''} />}</OneTenant>;
}

function Loaded({ tenant, id }: { readonly tenant: string; readonly id: string }) {
  const [get] = useAddress();
  const wanted = get('passage') === undefined ? undefined : Number(get('passage'));
  const document = useApiList<Passage, Answered>(`/api/v1/knowledge/${encodeURIComponent(id)}`, { tenant_id: tenant, limit: 200 });
  const last = document.data?.items.at(-1)?.passage;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = document;
  useEffect(() => {
    if (wanted !== undefined && last !== undefined && wanted > last && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [wanted, last, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Answer of={document} what="document">
      {(answered) => (
        <>
          <Shown {...{ tenant, document: answered, wanted }} />
          <More list={document} />
        </>
      )}
    </Answer>
  );
}

interface ShownProps {
  readonly tenant: string;
  readonly document: Answered;
  readonly wanted: number | undefined;
}

function Shown({ tenant, document, wanted }: ShownProps) {
  const toPage = useToPage();
  const [get] = useAddress();
  const [, navigate] = useLocation();
  const { doc_id, uri, title, items, resources, passages, vectors, updated_at } = document;
  const sections = useMemo(() => toSections(items, title), [items, title]);
  const isThere = items.some(({ passage }) => passage === wanted);
  useEffect(() => {
    if (isThere) window.document.getElementById(`passage-${wanted}`)?.scrollIntoView({ block: 'center' });
  }, [isThere, wanted]);
  const back = toPage('/knowledge', { tenant, q: get('q') });
  return (
    <div className="stack">
      <div className="page-head">
        <div>
          <p className="quiet">
            <Link href={back}>Knowledge</Link> ›
          </p>
          <h1 className="document-title">{title ?? uri}</h1>
        </div>
        <RemoveControl {...{ tenant, id: doc_id, passages }} name={title ?? uri} onRemoved={() => navigate(back)} />
      </div>
      <div className="document-columns">
        <article className="panel document">
          {sections.map(({ passage, headings, content }) => (
            <section key={passage} id={`passage-${passage}`} className={passage === wanted ? 'passage is-wanted' : 'passage'}>
              {headings.map(({ level, text }) => (
                <Heading key={level} level={level} text={text} />
              ))}
              <Markdown text={content} />
            </section>
          ))}
        </article>
        <aside className="stack" aria-label="About the document">
          <section className="panel" aria-labelledby="about-title">
            <h2 id="about-title">It is about</h2>
            {resources.length === 0 && <p className="quiet">It names no resource that is known.</p>}
            <ul className="about">
              {resources.map(({ urn, kind, name, found_as, passage }) => (
                <li key={urn}>
                  <Link href={toPage('/resource', { tenant, urn })} title={urn}>
                    {name}
                  </Link>{' '}
                  <span className="quiet">
                    {kind}
                    {found_as === 'given' && ', said by who added it'}
                    {passage !== null && (
                      <>
                        ,{' '}
                        <Link
                          href={toPage(`/knowledge/${doc_id}`, { tenant, passage: String(passage), q: get('q') })}
                          aria-label={`first mention of ${name}`}
                        >
                          first mention
                        </Link>
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <section className="panel" aria-labelledby="document-facts-title">
            <h2 id="document-facts-title">Document</h2>
            <dl className="facts">
              <dt>From</dt>
              <dd>
                <WebLink href={uri}>{uri}</WebLink>
              </dd>
              <dt>Stored</dt>
              <dd>
                <Time at={updated_at} />
              </dd>
              <dt>Search</dt>
              <dd>
                {count(passages, 'passage')}, {vectors === 0 ? 'by words only' : `${vectors} also by similarity`}
              </dd>
            </dl>
          </section>
        </aside>
      </div>
    </div>
  );
}

function Heading({ level, text }: { readonly level: number; readonly text: string }) {
  if (level === 2) return <h2>{text}</h2>;
  if (level === 3) return <h3>{text}</h3>;
  return <h4>{text}</h4>;
}
