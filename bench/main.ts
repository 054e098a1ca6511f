import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { benchApi } from './api.ts';
import { benchCatchUp } from './catch-up.ts';
import { benchConsole } from './console.ts';
import { benchFloor } from './floor.ts';
import { benchGraph } from './graph.ts';
import { benchKnowledge } from './knowledge.ts';
import { benchLag } from './lag.ts';
import { benchMemory } from './memory.ts';
import { benchPatterns } from './patterns.ts';
import { benchPrune } from './prune.ts';
import { benchClaims, benchPlanner } from './queue.ts';
import { benchTopologyApply } from './topology-apply.ts';
import { benchTopologyRead } from './topology-read.ts';
import { benchWindow } from './window.ts';

const benches: Readonly<Record<string, (only: readonly string[]) => Promise<string[]>>> = {
  window: benchWindow,
  memory: benchMemory,
  floor: benchFloor,
  'catch-up': benchCatchUp,
  prune: benchPrune,
  planner: benchPlanner,
  claims: benchClaims,
  lag: benchLag,
  'topology-apply': benchTopologyApply,
  'topology-read': benchTopologyRead,
  graph: benchGraph,
  patterns: benchPatterns,
  api: benchApi,
  console: benchConsole,
  knowledge: benchKnowledge,
};

/** Runs the named benches, or all, and prints a line per figure below a line about the machine. `console:real:map` is a part of one. */
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(benches);
const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
process.stdout.write(
  `${cpus()[0]?.model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, commit ${commit}\n`,
);
for (const word of wanted) {
  const [name = '', ...only] = word.split(':');
  const bench = benches[name];
  if (!bench) {
    process.stderr.write(`There is no bench ${name}; there are ${Object.keys(benches).join(', ')}.\n`);
    process.exit(2);
  }
  for (const line of await bench(only)) process.stdout.write(`${line}\n`);
}
