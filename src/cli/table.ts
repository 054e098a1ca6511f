import { toJson } from './json.ts';

/**
 * Rows as a table for people: a line of column names, a rule, one line per row; numbers to the right. Null is empty, times are ISO 8601, and
 * whatever would break the line is escaped. Ends with a newline.
 */
export function formatTable(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column])));
  const widths = columns.map((column, index) => Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const isNumeric = columns.map((column) => rows.some((row) => isNumber(row[column])));
  const align = (texts: readonly string[]): string =>
    texts
      .map((text, index) => (isNumeric[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  const lines = [align(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(align)];
  return `${lines.join('\n')}\n`;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : typeof value === 'object' ? toJson(value) : String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters of stored text must not reach the terminal.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}
