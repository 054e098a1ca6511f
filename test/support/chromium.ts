import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const candidates = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome', '/snap/bin/chromium'],
  ...['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  ...['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'],
];

/** Path and arguments of the browser of the system; undefined where no Chromium is installed. */
export function findChromium(): { readonly executablePath: string; readonly args: string[] } | undefined {
  const executablePath = candidates.find((path) => existsSync(path));
  return executablePath === undefined ? undefined : { executablePath, args: ['--no-sandbox', '--disable-gpu'] };
}

/** Where the built console is; `buildConsole` makes it. */
export const consoleDirectory = join(root, 'ui/dist');

/** Builds the console unless it is newer than its sources. */
export function buildConsole(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build-console.ts')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
