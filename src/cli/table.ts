import { toJson } from './json.ts';

/**
 * Rows as a table for people: a line of column names, a rule, one line per row; numbers to the right. Null is empty, times are ISO 8601, and
 * whatever would break the line or speak to the terminal is escaped. With a `width` the longest texts are cut with … until a line fits, where that is
 * possible. Ends with a newline.
 */
export function formatTable(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[], width?: number): string {
  const whole = rows.map((row) => columns.map((column) => formatCell(row[column])));
  const isNumeric = columns.map((column) => rows.some((row) => isNumber(row[column])));
  const longest = columns.map((_, index) => Math.max(0, ...whole.map((row) => row[index]?.length ?? 0)));
  const widths = narrow(
    longest.map((length, index) => Math.max(columns[index]?.length ?? 0, length)),
    columns.map((column, index) =>
      Math.max(column.length, isNumeric[index] ? (longest[index] ?? 0) : Math.min(longest[index] ?? 0, LEAST)),
    ),
    width,
  );
  const cells = whole.map((row) => row.map((text, index) => cut(text, widths[index] ?? 0)));
  const align = (texts: readonly string[]): string =>
    texts
      .map((text, index) => (isNumeric[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  const lines = [align(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(align)];
  return `${lines.join('\n')}\n`;
}

/** Characters that a text keeps at least. */
const LEAST = 12;

/** Widths of columns that fit into a line: the widest give first, none below its least. */
function narrow(widths: readonly number[], least: readonly number[], line: number | undefined): readonly number[] {
  const fitting = [...widths];
  const sum = (): number => fitting.reduce((total, width) => total + width, 2 * (fitting.length - 1));
  for (let excess = line === undefined ? 0 : sum() - line; excess > 0; excess--) {
    const able = fitting.flatMap((width, index) => (width > (least[index] ?? 0) ? [index] : []));
    const [widest] = able.toSorted((a, b) => (fitting[b] ?? 0) - (fitting[a] ?? 0));
    if (widest === undefined) break;
    fitting[widest] = (fitting[widest] ?? 0) - 1;
  }
  return fitting;
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1).toWellFormed()}…` : text);

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : typeof value === 'object' ? toJson(value) : String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters of stored text must not reach the terminal.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeOne);
}

function escapeOne(character: string): string {
  const written = JSON.stringify(character).slice(1, -1);
  return written === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : written;
}
