import { Marked } from '../../parts/marked.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { count } from '../../text/format.ts';
import { markValues } from '../../text/marks.ts';
import { alignTemplate, toConstants } from '../../text/template.ts';

/** Values of a variable that are shown. */
const SHOWN = 6;

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

/** Lines that are kept with the pattern. */
export function Samples({ template, lines }: SamplesProps) {
  return (
    <section className="panel" aria-labelledby="samples-title">
      <h2 id="samples-title">Samples</h2>
      {lines.length === 0 ? (
        <Empty title="No line is kept with this pattern." advice="Raw lines reads some from the source." />
      ) : (
        <ul className="lines">
          {lines.map((line) => (
            <li key={line}>
              <Line template={template} line={line} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What the variables of the pattern are in its samples; nothing for a pattern without any. */
export function Variables({ template, lines }: SamplesProps) {
  const constants = toConstants(template);
  const read = lines.flatMap((line) => [alignTemplate(template, line) ?? []]).filter((values) => values.length > 0);
  if (constants.length < 2 || read.length === 0) return null;
  const rows = constants.slice(1).map((after, index) => ({
    index,
    place: `${constants[index]?.slice(-24) ?? ''}∗${after.slice(0, 12)}`,
    values: [...new Set(read.flatMap((values) => values[index] ?? []))],
  }));
  return (
    <section className="panel" aria-labelledby="variables-title">
      <div className="panel-head">
        <h2 id="variables-title">Variables</h2>
        <span className="quiet">in {count(read.length, 'sample')}</span>
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
                {values.slice(0, SHOWN).map((value) => (
                  <code key={value} className="variable">
                    {value.slice(0, 200)}
                  </code>
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
