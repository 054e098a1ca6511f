import type { ReactNode } from 'react';

/** A column: its heading, what a row shows there, and whether it holds numbers. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isMinor?: boolean;
}

interface TableProps<Row> {
  /** Names the table for readers of the screen. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  /** Marks a row as the chosen one. */
  readonly isChosen?: (row: Row) => boolean;
}

/** A table that scrolls sideways within its frame. The first column names the row; a link there leads to what the row is about. */
export function Table<Row>({ caption, columns, rows, rowKey, isChosen }: TableProps<Row>) {
  const toClass = ({ isNumber, isMinor }: Column<Row>): string =>
    [isNumber && 'is-number', isMinor && 'is-minor'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-frame" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" className={toClass(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} aria-current={isChosen?.(row) ? 'true' : undefined}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.title} scope="row" className={toClass(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} className={toClass(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface MoreProps {
  readonly list: { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; readonly fetchNextPage: () => unknown };
}

/** A button for the next page of a list; nothing at its end. */
export function More({ list }: MoreProps) {
  if (!list.hasNextPage) return null;
  return (
    <button type="button" className="more" onClick={() => list.fetchNextPage()} disabled={list.isFetchingNextPage}>
      {list.isFetchingNextPage ? 'Loading…' : 'Show more'}
    </button>
  );
}
