// Writes docs/reference from the configuration schema, the error catalogue and the routes of the HTTP interface.
import { mkdir, writeFile } from 'node:fs/promises';
import packageJson from '../package.json' with { type: 'json' };
import { describeApi } from '../src/api/openapi.ts';
import { describeReference } from '../src/config/describe.ts';

const directory = new URL('../docs/reference/', import.meta.url);
await mkdir(directory, { recursive: true });
const files = { ...describeReference(), 'openapi.json': await describeApi(packageJson.version) };
for (const [name, text] of Object.entries(files)) {
  await writeFile(new URL(name, directory), text);
  console.log(`docs/reference/${name}`);
}
