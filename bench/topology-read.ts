import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createPulumiReader } from '../src/topology/pulumi/reader.ts';
import type { TopologyReader, Tree } from '../src/topology/reader.ts';
import { createTerraformReader } from '../src/topology/terraform/reader.ts';
import { makeDirectory } from './pipeline.ts';
import { writeHugeStack, writeHugeState } from './topology-documents.ts';

const MEGABYTE = 2 ** 20;
const SIZE = 50 * MEGABYTE;

const documents: Readonly<Record<string, { create(): TopologyReader; write(size: number): Iterable<string> }>> = {
  'state.tfstate': { create: createTerraformReader, write: writeHugeState },
  'stack.json': { create: createPulumiReader, write: writeHugeStack },
};

/** Reads a Terraform state and a Pulumi stack of 50 MB from disk, each in a process of its own, and prints speed and memory. */
export async function benchTopologyRead(): Promise<string[]> {
  await using directory = await makeDirectory();
  const lines: string[] = [];
  for (const [name, { write }] of Object.entries(documents)) {
    await pipeline(Readable.from(write(SIZE)), createWriteStream(`${directory.path}/${name}`));
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), directory.path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    lines.push((await text(child.stdout)).trim());
  }
  return lines;
}

async function readDocument(directory: string, path: string): Promise<string> {
  const reader = documents[path]?.create();
  let bytes = 0;
  const { signal } = new AbortController();
  const tree: Tree = { origin: directory, files: async () => [], stream: () => createReadStream(`${directory}/${path}`) };
  const before = process.memoryUsage.rss();
  const usage = process.cpuUsage();
  const started = performance.now();
  let resources = 0;
  let edges = 0;
  for await (const observation of reader?.read({ tree, files: [{ path, size: SIZE, hash: '', modifiedAt: 0 }], scope: '', signal }) ?? []) {
    resources += observation.resources.length;
    edges += observation.edges.length;
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(usage);
  const grown = process.resourceUsage().maxRSS / 1024 - before / MEGABYTE;
  for await (const piece of createReadStream(`${directory}/${path}`)) bytes += piece.length;
  const megabytes = bytes / MEGABYTE;
  return (
    `topology-read ${path}: ${seconds.toFixed(2)} s (bar < 3; ${((user + system) / 1e6).toFixed(2)} s of processor) for ${megabytes.toFixed(0)} MB, ${resources} resources, ${edges} edges; ` +
    `${(megabytes / seconds).toFixed(0)} MB/s, peak resident memory ${grown.toFixed(0)} MB above the empty process`
  );
}

const [directory, path] = process.argv.slice(2);
if (process.argv[1] === fileURLToPath(import.meta.url) && directory !== undefined && path !== undefined) {
  process.stdout.write(`${await readDocument(directory, path)}\n`);
}
