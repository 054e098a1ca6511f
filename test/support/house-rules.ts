import { dirname, join } from 'node:path/posix';

/** Source text by path relative to the checkout. */
export type SourceFiles = ReadonlyMap<string, string>;

const lowerRooms = ['sources', 'topology', 'patterns', 'aggregate', 'store', 'graph', 'knowledge'];

/** What each room of `src` may import besides itself; rooms that are not listed may import everything. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ...Object.fromEntries([...lowerRooms, 'telemetry'].map((room) => [room, ['core']])),
  jobs: [...lowerRooms, 'core'],
  config: [...lowerRooms, 'core'],
  api: ['jobs', 'config', 'store', 'graph', 'telemetry', 'core'],
  runtime: ['jobs', 'config', 'store', 'telemetry', 'core'],
};
const topFloor = ['main', 'wiring', 'cli', 'mcp'];
const environmentFile = 'src/config/environment.ts';
const maxLines = 400;

/** Sentences that say which file breaks which rule of the house; empty when none does. */
export function listBreaches(files: SourceFiles): string[] {
  const breaches: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of files) {
    const code = withoutComments(text);
    const imports = listImports(code).flatMap((name) => (name.startsWith('.') ? [join(dirname(path), name)] : []));
    graph.set(path, imports);
    for (const target of imports) {
      const breach = floorBreach(path, target);
      if (breach !== undefined) breaches.push(breach);
    }
    breaches.push(...textBreaches(path, text, code));
  }
  for (const cycle of listCycles(graph)) breaches.push(`${cycle.join(' → ')} is a cycle of imports`);
  return breaches;
}

function textBreaches(path: string, text: string, code: string): string[] {
  const bare = code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  const breaches: string[] = [];
  if (text.split('\n').length - 1 > maxLines) breaches.push(`${path} has more than ${maxLines} lines`);
  if (/\bas\s+any\b|:\s*any\b|<\s*any\b/.test(bare)) breaches.push(`${path} uses the type any`);
  if (/^\s*export default\b|\bas default\b/m.test(bare)) breaches.push(`${path} has a default export`);
  if (!path.startsWith('src/')) return breaches;
  if (path !== environmentFile && /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\benv\b[^=;]*\bfrom\s*''/.test(bare)) {
    breaches.push(`${path} reads the environment, which only ${environmentFile} does`);
  }
  if (path.startsWith('src/core/') && /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/.test(bare)) {
    breaches.push(`${path} reads a clock, which core does not`);
  }
  return breaches;
}

function floorBreach(path: string, target: string): string | undefined {
  const room = roomOf(path);
  const targetRoom = roomOf(target);
  if (room === undefined || room === targetRoom) return undefined;
  if (targetRoom === undefined) return `${path} imports ${target}, which is not in src`;
  const allowed = allowedImports[room];
  if (allowed === undefined) return topFloor.includes(room) ? undefined : `${path} is in ${room}, a room without a floor`;
  return allowed.includes(targetRoom) ? undefined : `${path} imports ${target}, but ${room} may not import ${targetRoom}`;
}

/** `src/store/db.ts` is in `store`, `src/main.ts` in `main`; what is outside `src` is in no room. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/.]+)/.exec(path)?.[1];
}

function withoutComments(text: string): string {
  const token = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
  return text.replace(token, (match) => (match.startsWith('/*') || match.startsWith('//') ? ' ' : match));
}

function listImports(code: string): string[] {
  const found = code.matchAll(/(?:\b(?:import|export)\b[^'"`;()]*?\bfrom|\bimport\s*\(?)\s*(['"])([^'"\n]+)\1/g);
  return [...found].map((match) => match[2] ?? '');
}

/** Each cycle once, beginning and ending with the same file. */
function listCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}
