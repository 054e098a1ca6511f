import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMiner } from '../src/patterns/miner.ts';

/** Parses CSV with quoted fields into records by column name. */
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

const count = (items: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};
const f1 = (correct: number, predicted: number, truth: number) => (correct === 0 ? 0 : (2 * correct) / (predicted + truth));

/** Grouping accuracy, its F1 over groups, parsing accuracy, and F1 over templates, as the Loghub-2.0 benchmark defines them. */
function score(predicted: readonly string[], truth: readonly string[]) {
  const predictedGroups = count(predicted);
  const truthGroups = count(truth);
  const pairs = count(predicted.map((template, at) => `${template}\0${truth[at]}`));
  let grouped = 0;
  let groups = 0;
  let texts = 0;
  for (const [pair, lines] of pairs) {
    const [template = '', label = ''] = pair.split('\0');
    if (predictedGroups.get(template) !== lines || truthGroups.get(label) !== lines) continue;
    grouped += lines;
    groups++;
    if (template === label) texts++;
  }
  const parsed = predicted.filter((template, at) => template === truth[at]).length;
  return [
    grouped / truth.length,
    f1(groups, predictedGroups.size, truthGroups.size),
    parsed / truth.length,
    f1(texts, predictedGroups.size, truthGroups.size),
  ];
}

const [folder, verbose] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: patterns-accuracy.ts <folder of Loghub-2k> [set whose differences to print]');
  process.exit(2);
}
const columns = ['GA', 'FGA', 'PA', 'FTA'];
const sums = { content: [0, 0, 0, 0], raw: [0, 0, 0, 0] };
const sets = readdirSync(folder).sort();
console.log(`${'set'.padEnd(13)}${['content', 'raw'].flatMap((input) => columns.map((name) => `${input} ${name}`.padStart(13))).join('')}`);
for (const set of sets) {
  const records = parseCsv(readFileSync(join(folder, set, `${set}_2k.log_structured_corrected.csv`), 'utf8'));
  const truth = records.map((record) => (record.EventTemplate ?? '').trim().replace(/\s+/g, ' '));
  const inputs = {
    content: records.map((record) => record.Content ?? ''),
    raw: readFileSync(join(folder, set, `${set}_2k.log`), 'utf8')
      .split(/\r?\n/)
      .slice(0, records.length),
  };
  let line = set.padEnd(13);
  for (const [input, lines] of Object.entries(inputs) as ['content' | 'raw', string[]][]) {
    const miner = createMiner();
    const predicted = lines.map((text) => miner.pattern(miner.code(text)).template);
    const figures = score(predicted, truth);
    figures.forEach((figure, at) => {
      sums[input][at] = (sums[input][at] ?? 0) + figure;
      line += figure.toFixed(3).padStart(13);
    });
    if (verbose === `${set}:${input}`) {
      for (const [pair, lines] of count(predicted.map((template, at) => `${truth[at]}\n   ${template}`))) {
        const [label, template] = pair.split('\n   ');
        if (label !== template) console.log(`${lines} ${pair}`);
      }
    }
  }
  console.log(line);
}
console.log('average'.padEnd(13) + [...sums.content, ...sums.raw].map((sum) => (sum / sets.length).toFixed(3).padStart(13)).join(''));
