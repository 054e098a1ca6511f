// Writes docs/reference from the configuration schema, the error catalogue, the routes of the HTTP interface, the tools of agents and the migrations.
import { mkdir, writeFile } from 'node:fs/promises';
import packageJson from '../package.json' with { type: 'json' };
import { describeApi } from '../src/api/openapi.ts';
import { describeReference } from '../src/config/describe.ts';
import { describeTools } from '../src/mcp/describe-tools.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { describeSchema, formatSchema } from '../src/store/schema-document.ts';

const directory = new URL('../docs/reference/', import.meta.url);
await mkdir(directory, { recursive: true });
await using db = await openDatabase('pglite:memory');
await migrate(db);
const files = {
  ...describeReference(),
  'openapi.json': await describeApi(packageJson.version),
  'mcp-tools.md': describeTools(),
  'schema.md': formatSchema(await describeSchema(db)),
};
for (const [name, text] of Object.entries(files)) {
  await writeFile(new URL(name, directory), text);
  console.log(`docs/reference/${name}`);
}
