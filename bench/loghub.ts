import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One labelled set of logs; the three lists have the same length and order. */
export interface LoghubSet {
  readonly name: string;
  /** The line without its header. */
  readonly content: readonly string[];
  /** The line as it was written. */
  readonly raw: readonly string[];
  /** The labelled template of the line, spaces collapsed. */
  readonly truth: readonly string[];
}

/** Reads every set of a folder in the layout of Loghub-2k with corrected labels, in order of name; lines without a label are left out. */
export function readLoghub(folder: string): LoghubSet[] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const raw = readFileSync(join(folder, name, `${name}_2k.log`), 'utf8').split(/\r?\n/);
      const lines = parseCsv(readFileSync(join(folder, name, `${name}_2k.log_structured_corrected.csv`), 'utf8'))
        .map(({ Content = '', EventTemplate = '' }, index) => ({
          content: Content,
          raw: raw[index] ?? '',
          truth: EventTemplate.trim().replace(/\s+/g, ' '),
        }))
        .filter(({ truth }) => truth !== '');
      return {
        name,
        content: lines.map((line) => line.content),
        raw: lines.map((line) => line.raw),
        truth: lines.map((line) => line.truth),
      };
    });
}

/** Records by column name of CSV text with quoted fields. */
function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  const cell = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) break;
    const value = match[1] ?? '';
    rows.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (match[2] !== ',') rows.push([]);
  }
  const [names = [], ...records] = rows.filter((row) => row.length > 1);
  return records.map((record) => Object.fromEntries(names.map((name, at) => [name, record[at] ?? ''])));
}

/** How often each item occurs. */
export function count(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Shares between 0 and 1: grouping accuracy, F1 over groups, parsing accuracy, F1 over templates. */
export interface Accuracy {
  readonly GA: number;
  readonly FGA: number;
  readonly PA: number;
  readonly FTA: number;
}

/**
 * Compares the template of every line with its label as the Loghub-2.0 benchmark (Jiang et al., ISSTA 2024) does: a group is right when its lines
 * are exactly the lines of one label (GA counts its lines), a line is right when template and label are the same text, and a template is right when
 * all of its lines have it as their label.
 */
export function score(predicted: readonly string[], truth: readonly string[]): Accuracy {
  const groups = count(predicted);
  const labels = count(truth);
  const pairs = count(predicted.map((template, index) => `${template}\0${truth[index]}`));
  let lines = 0;
  let grouped = 0;
  let right = 0;
  let texts = 0;
  for (const [pair, size] of pairs) {
    const [template = '', label = ''] = pair.split('\0');
    const isPure = groups.get(template) === size;
    if (template === label) lines += size;
    if (isPure && template === label) texts++;
    if (!isPure || labels.get(label) !== size) continue;
    grouped += size;
    right++;
  }
  const f1 = (hits: number): number => (2 * hits) / (groups.size + labels.size);
  return { GA: grouped / truth.length, FGA: f1(right), PA: lines / truth.length, FTA: f1(texts) };
}
