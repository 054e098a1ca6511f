// Writes docs/reference from the configuration schema and the error catalogue.
import { mkdir, writeFile } from 'node:fs/promises';
import { describeReference } from '../src/config/describe.ts';

const directory = new URL('../docs/reference/', import.meta.url);
await mkdir(directory, { recursive: true });
for (const [name, text] of Object.entries(describeReference())) {
  await writeFile(new URL(name, directory), text);
  console.log(`docs/reference/${name}`);
}
