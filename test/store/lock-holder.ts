/** A process of its own for the lock tests: `database` opens it and writes a row, `lock` takes only the lock; both then wait to be killed. */
import { once } from 'node:events';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { lockDirectory } from '../../src/store/directory-lock.ts';
import { openDatabase } from '../../src/store/open-database.ts';

const [mode, directory = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  if (mode === 'lock') lockDirectory(directory);
  else {
    const db = await openDatabase(`pglite:${directory}`);
    await db.query('create table if not exists v (id int)');
    await db.query('insert into v values (1)');
  }
  process.stdout.write('held\n');
} catch (error) {
  process.stdout.write(`${error instanceof ObserveBridgeError ? error.code : String(error)}\n`);
}
process.stdin.resume();
