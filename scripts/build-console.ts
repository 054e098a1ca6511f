// Builds the console from ui/ into ui/dist when its sources are newer: `node scripts/build-console.ts`. The old one stays until the new one is whole.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const [dist, fresh, old] = ['dist', `.dist-${process.pid}`, `.dist-${process.pid}-old`].map((name) => join(root, 'ui', name)) as [
  string,
  string,
  string,
];
const sources = ['ui/src', 'ui/index.html', 'scripts/build-console.ts', 'package-lock.json'];

/** When the newest file beneath a directory, or the file itself, was written, in ms; 0 when there is none. */
function newestWrite(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestWrite(join(path, name))));
}

function isBuilt(): boolean {
  return newestWrite(join(dist, 'index.html')) > Math.max(...sources.map((path) => newestWrite(join(root, path))));
}

/** Servers answer with these where the browser takes them, without compressing anything themselves. */
function compress(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

async function buildConsole(): Promise<void> {
  const started = new Date();
  // Test runners set it, and then the slow build of React for developers would be served.
  process.env.NODE_ENV = 'production';
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')]);
  await build({
    ...{ configFile: false, root: join(root, 'ui'), base: '/console/', logLevel: 'warn', plugins: [react()] },
    build: {
      ...{ outDir: fresh, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
      // The colours of the theme are `light-dark()`, which must reach the browser as it is.
      ...{ target: 'es2023', cssTarget: 'chrome125' },
    },
  });
  compress(fresh);
  // A source that was written meanwhile is newer than this.
  utimesSync(join(fresh, 'index.html'), started, started);
  if (isBuilt()) return;
  mkdirSync(dist, { recursive: true });
  renameSync(dist, old);
  renameSync(fresh, dist);
}

const isInImage = !existsSync(join(root, 'ui/src')) || !existsSync(join(root, 'node_modules/vite'));
if (!isInImage && !isBuilt()) {
  process.stderr.write(
    'observebridge: building the console from ui/; this takes a few seconds and happens when its sources have changed.\n',
  );
  try {
    await buildConsole();
  } finally {
    for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
  }
}
