import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { groupTemplates } from '../src/patterns/group.ts';
import { createMiner } from '../src/patterns/miner.ts';
import { type Accuracy, count, type LoghubSet, readLoghub, score } from './loghub.ts';
import { spread } from './pipeline.ts';

/** A folder in the layout of Loghub-2k. */
const FOLDER = process.env.LOGHUB_FOLDER ?? fileURLToPath(new URL('../../shared/data/loghub-2k/', import.meta.url));
/** `Linux` or `Linux:raw`: also print where the templates of this set differ from its labels. */
const DIFFERENCES = process.env.LOGHUB_DIFFERENCES ?? '';
const INPUTS = ['content', 'raw'] as const;
const REPEATS = 8;
const WARM_UP = 5;
const ROUNDS = 9;
const LEAVES = [1_000, 10_000, 50_000];

/** How close the templates come to the labels of every set, lines per second of one core over all of them, and what grouping costs. */
export async function benchPatterns(): Promise<string[]> {
  if (!existsSync(FOLDER)) return [`patterns: accuracy and speed skipped, because ${FOLDER} is not there`, ...measureGrouping()];
  const sets = readLoghub(FOLDER);
  return [...measureAccuracy(sets), ...measureSpeed(sets), ...measureGrouping()];
}

function measureAccuracy(sets: readonly LoghubSet[]): string[] {
  const lines: string[] = [];
  const totals: Accuracy[][] = INPUTS.map(() => []);
  const ungrouped: Accuracy[][] = INPUTS.map(() => []);
  for (const set of sets) {
    const results = INPUTS.map((input, index) => {
      const own = mineTemplates(set[input]);
      const predicted = generalise(own);
      ungrouped[index]?.push(score(own, set.truth));
      const accuracy = score(predicted, set.truth);
      totals[index]?.push(accuracy);
      if (DIFFERENCES === `${set.name}:${input}` || (DIFFERENCES === set.name && input === 'content')) {
        lines.push(...listDifferences(predicted, set.truth));
      }
      return `${input} ${formatAccuracy(accuracy)} ${`${count(predicted).size}/${count(set.truth).size}`.padStart(7)} groups`;
    });
    lines.push(`patterns: ${set.name.padEnd(12)} ${results.join('   ')}`);
  }
  const toAverages = (name: string, list: readonly Accuracy[][]): string =>
    `patterns: ${name.padEnd(12)} ${INPUTS.map((input, index) => `${input} ${formatAccuracy(average(list[index] ?? []))}`).join(' '.repeat(18))}`;
  return [...lines, toAverages(`average ${sets.length}`, totals), toAverages('not grouped', ungrouped)];
}

/** The own template of each line. */
function mineTemplates(lines: readonly string[]): string[] {
  const miner = createMiner();
  return lines.map((line) => miner.pattern(miner.code(line)).template);
}

/** The template of each line once all of them are known. */
function generalise(own: readonly string[]): string[] {
  const general = groupTemplates([...new Set(own)]);
  return own.map((template) => general.get(template) ?? template);
}

function listDifferences(predicted: readonly string[], truth: readonly string[]): string[] {
  return [...count(predicted.map((template, index) => `${truth[index]}\0${template}`))].flatMap(([pair, size]) => {
    const [label, template] = pair.split('\0');
    return label === template ? [] : [`${String(size).padStart(5)} label    ${label}`, `      template ${template}`];
  });
}

const metrics = ['GA', 'FGA', 'PA', 'FTA'] as const;

function formatAccuracy(accuracy: Accuracy): string {
  return metrics.map((metric) => `${metric} ${accuracy[metric].toFixed(3)}`).join(' ');
}

function average(list: readonly Accuracy[]): Accuracy {
  const mean = (metric: keyof Accuracy): number => list.reduce((sum, accuracy) => sum + accuracy[metric], 0) / list.length;
  return { GA: mean('GA'), FGA: mean('FGA'), PA: mean('PA'), FTA: mean('FTA') };
}

/** Header, mask and count of the raw lines of all sets in one order that depends on nothing. */
function measureSpeed(sets: readonly LoghubSet[]): string[] {
  const random = createRandom(1);
  const shuffled = sets.flatMap((set) => set.raw);
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? '', shuffled[last] ?? ''];
  }
  // Lines arrive one behind the other in memory; scattered ones would measure the cache.
  const lines = shuffled.join('\n').split('\n');
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  const miner = createMiner();
  const counts: number[] = [];
  const rates: number[] = [];
  const ownRates: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const started = performance.now();
    const before = process.threadCpuUsage();
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const line of lines) {
        const code = miner.code(line);
        counts[code] = (counts[code] ?? 0) + 1;
      }
    }
    const ms = performance.now() - started;
    const { user, system } = process.threadCpuUsage(before);
    if (round < WARM_UP) continue;
    rates.push((lines.length * REPEATS) / ms);
    ownRates.push((lines.length * REPEATS * 1000) / (user + system));
  }
  const megabytes = rates.map((rate) => (rate * bytes) / lines.length / 1000);
  const templates = Array.from({ length: miner.size }, (_, code) => miner.pattern(code).template);
  return [
    `patterns: ${lines.length} shuffled raw lines of ${Math.round(bytes / lines.length)} bytes through header, mask and count on one core, warm, ` +
      `${ROUNDS} rounds: best ${Math.round(Math.max(...rates))} k lines/s and ${Math.round(Math.max(...megabytes))} MB/s, ` +
      `median ${spread(rates)} k lines/s and ${spread(megabytes)} MB/s; by the thread's own time, which other programs leave alone, ` +
      `best ${Math.round(Math.max(...ownRates))} and median ${spread(ownRates)} k lines/s; ${new Set(templates).size} masks`,
  ];
}

function measureGrouping(): string[] {
  return LEAVES.map((size) => {
    const leaves = inventLeaves(size);
    const times: number[] = [];
    let groups = 0;
    for (let round = 0; round < 3; round++) {
      const started = performance.now();
      groups = new Set(groupTemplates(leaves).values()).size;
      times.push(performance.now() - started);
    }
    const rates = times.map((time) => size / time);
    return `patterns: grouping ${size} masks into ${groups} takes ${spread(times)} ms, ${spread(rates, 1)} k masks/s`;
  });
}

/** Distinct masks: of every ten, nine are of sentences whose one word takes up to 40 values, as names of things do, and one stands alone. */
function inventLeaves(size: number): string[] {
  const random = createRandom(size);
  const word = (): string => Array.from({ length: 3 + Math.floor(random() * 6) }, () => String.fromCharCode(97 + random() * 26)).join('');
  const vocabulary = Array.from({ length: 2_000 }, word);
  const pick = (): string => vocabulary[Math.floor(random() ** 2 * vocabulary.length)] ?? '';
  const leaves = new Set<string>();
  while (leaves.size < size) {
    const tokens = Array.from({ length: 4 + Math.floor(random() * 14) }, () => (random() < 0.2 ? '<*>' : pick()));
    const slot = Math.floor(random() * tokens.length);
    const values = random() < 0.7 ? 1 : 1 + Math.floor(random() * 40);
    for (let value = 0; value < values && leaves.size < size; value++) leaves.add(tokens.with(slot, word()).join(' '));
  }
  return [...leaves];
}

/** The same numbers from 0 to 1 for the same seed (a linear congruential generator with the constants of Numerical Recipes). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
