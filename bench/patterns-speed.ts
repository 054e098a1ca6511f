import { readFileSync } from 'node:fs';
import { createMiner } from '../src/patterns/miner.ts';

const [file, rounds = '6'] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: patterns-speed.ts <file: one line per line, or a JSON array of strings> [rounds]');
  process.exit(2);
}
const text = readFileSync(file, 'utf8');
const lines: string[] = text.startsWith('["') ? JSON.parse(text) : text.split('\n');
const short = lines.filter((line) => line.length <= 180);
for (const [name, input] of Object.entries({ all: lines, 'up to 180 characters': short })) {
  const characters = input.reduce((sum, line) => sum + line.length, 0);
  const miner = createMiner();
  for (let round = 1; round <= Number(rounds); round++) {
    const from = performance.now();
    for (const line of input) miner.code(line);
    const seconds = (performance.now() - from) / 1000;
    console.log(
      `${name}, round ${round}: ${input.length} lines of ${Math.round(characters / input.length)} characters, ` +
        `${Math.round(input.length / seconds / 1000)} k lines/s, ${Math.round(characters / seconds / 1e6)} M characters/s, ${miner.size} patterns`,
    );
  }
}
