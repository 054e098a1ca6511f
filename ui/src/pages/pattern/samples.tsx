import { useState } from 'react';
import { Marked } from '../../parts/marked.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { count } from '../../text/format.ts';
import { markValues } from '../../text/marks.ts';
import { alignTemplate, toConstants } from '../../text/template.ts';

/** Values of a variable that are shown. */
const SHOWN = 8;
/** Samples that are shown at first. */
const FEW = 3;

interface SamplesProps {
  readonly template: string;
  readonly lines: readonly string[];
}

/** A line as it came, with the values of the variables marked where they can be told. */
export function Line({ template, line }: { readonly template: string; readonly line: string }) {
  return (
    <code className="line">
      <Marked stretches={markValues(line, alignTemplate(template, line) ?? [])} />
    </code>
  );
}

/** Lines that are kept with the pattern; a few, and all when they are asked for. */
export function Samples({ template, lines }: SamplesProps) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, FEW);
  return (
    <section className="panel" aria-labelledby="samples-title">
      <h2 id="samples-title">Samples</h2>
      {lines.length === 0 ? (
        <Empty title="No line is kept with this pattern." advice="Raw lines reads some from the source." />
      ) : (
        <ul className="lines">
          {shown.map((line) => (
            <li key={line}>
              <Line template={template} line={line} />
            </li>
          ))}
        </ul>
      )}
      {shown.length < lines.length && (
        <button type="button" className="more" onClick={() => setWhole(true)}>
          Show all {lines.length}
        </button>
      )}
    </section>
  );
}

interface VariablesProps extends SamplesProps {
  /** Lines that were read from the source. */
  readonly read: readonly string[];
}

/** What the variables of the pattern are in its samples and in the lines that were read, most frequent first; nothing for a pattern without any. */
export function Variables({ template, lines, read }: VariablesProps) {
  const constants = toConstants(template);
  // A sample is among the lines of its window.
  const texts = [...new Set([...lines, ...read])];
  const aligned = texts.flatMap((line) => [alignTemplate(template, line) ?? []]).filter((values) => values.length > 0);
  if (constants.length < 2 || aligned.length === 0) return null;
  const rows = constants.slice(1).map((after, index) => ({
    index,
    place: `${constants[index]?.slice(-24) ?? ''}∗${after.slice(0, 12)}`,
    values: countValues(aligned.flatMap((values) => values[index] ?? [])),
  }));
  return (
    <section className="panel" aria-labelledby="variables-title">
      <div className="panel-head">
        <h2 id="variables-title">Variables</h2>
        <span className="quiet">in {count(aligned.length, read.length > 0 ? 'line' : 'sample')}</span>
      </div>
      <Table
        caption="Variables in their order"
        rows={rows}
        rowKey={({ index }) => index}
        columns={[
          { title: 'Place', cell: ({ place }) => <code>{place}</code> },
          {
            title: 'Values',
            cell: ({ values }) => (
              <span className="values">
                {values.slice(0, SHOWN).map(([value, times]) => (
                  <span key={value}>
                    <code className="variable">{value.slice(0, 200)}</code>
                    {times > 1 && <span className="quiet"> ×{times}</span>}
                  </span>
                ))}
                {values.length > SHOWN && <span className="quiet">and {values.length - SHOWN} more</span>}
                {values.length === 0 && <span className="quiet">could not be read</span>}
              </span>
            ),
          },
        ]}
      />
    </section>
  );
}

/** Values with how often each came, most frequent first. */
function countValues(values: readonly string[]): (readonly [value: string, times: number])[] {
  return [...Map.groupBy(values, (value) => value)]
    .map(([value, same]) => [value, same.length] as const)
    .toSorted(([, left], [, right]) => right - left);
}
