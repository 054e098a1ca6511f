import { useMemo } from 'react';
import { Link } from 'wouter';
import type { KnowledgeSearchAnswer } from '../../../../src/api/contract.ts';
import { useApiList } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Marked } from '../../parts/marked.tsx';
import { ResourceLinks } from '../../parts/resource-links.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { markWords, toExcerpt, toWords } from '../../text/marks.ts';
import { toPlainText } from '../../text/plain-markdown.ts';

type Found = KnowledgeSearchAnswer['items'][number];

interface SearchResultsProps {
  readonly tenant: string;
  readonly question: string;
  readonly resource: string | undefined;
}

/** Passages for a question, best first, with its words marked. */
export function SearchResults({ tenant, question, resource }: SearchResultsProps) {
  const query = { tenant_id: tenant, q: question, resource, limit: 10 };
  const found = useApiList<Found, KnowledgeSearchAnswer>('/api/v1/knowledge/search', query);
  const words = useMemo(() => toWords(question), [question]);
  return (
    <section className="panel" aria-labelledby="found-title">
      <h2 id="found-title">Passages</h2>
      <Answer
        of={found}
        what="passages"
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            title="No passage fits."
            advice="Ask with fewer or other words, without quotes or minus signs, or add a document that says it."
          />
        }
      >
        {({ items, vector_search }) => (
          <>
            {vector_search === 'failed' && (
              <p className="wrong">The service for similarity does not answer now: only passages with these words are shown.</p>
            )}
            <ol className="passages">
              {items.map((passage) => (
                <Passage key={`${passage.doc_id} ${passage.passage}`} {...{ tenant, passage, words, question }} />
              ))}
            </ol>
            <More list={found} />
          </>
        )}
      </Answer>
    </section>
  );
}

interface PassageProps {
  readonly tenant: string;
  readonly passage: Found;
  readonly words: readonly string[];
  readonly question: string;
}

function Passage({ tenant, passage, words, question }: PassageProps) {
  const toPage = useToPage();
  const { doc_id, uri, title, headings, content, text_place, resources } = passage;
  const name = title ?? uri;
  const path = headings.filter((heading) => heading !== title);
  return (
    <li>
      <p>
        <Link href={toPage(`/knowledge/${doc_id}`, { tenant, passage: String(passage.passage), q: question })}>
          <Marked stretches={markWords([name, ...path].join(' › '), words)} />
        </Link>
        {text_place === null && <span className="quiet"> · found by similarity</span>}
      </p>
      <p>
        <Marked stretches={markWords(toExcerpt(toPlainText(content), words), words)} />
      </p>
      {resources.length > 0 && <ResourceLinks tenant={tenant} resources={resources} />}
    </li>
  );
}
