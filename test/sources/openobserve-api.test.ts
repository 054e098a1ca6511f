import type { ErrorCode } from '../../src/core/error.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { createOpenObserveApiSource } from '../../src/sources/openobserve-api/openobserve-api.ts';
import { describeSource } from '../contracts/source.ts';
import type { FakeFault } from '../support/fake-openobserve/fake-openobserve.ts';
import type { StoredRow } from '../support/fake-openobserve/stored-streams.ts';
import { configOf, NOON, PER_MINUTE, rowsOf, startWorld } from './openobserve-api-world.ts';

const range = { from: NOON, to: NOON + 3 * MINUTE };
const always = Number.POSITIVE_INFINITY;
const permanent = (fault: FakeFault, code: ErrorCode) => ({ fault, code });
const faults = {
  'a partial answer': permanent('partial', 'OB_SOURCE_PARTIAL'),
  'an answer with a warning': permanent('function_error', 'OB_SOURCE_PARTIAL'),
  'a range that was moved': permanent('clamp', 'OB_SOURCE_PARTIAL'),
  'a search that always times out': permanent('timeout', 'OB_SOURCE_UNAVAILABLE'),
  'a server that stays busy': permanent('rate_limit', 'OB_SOURCE_UNAVAILABLE'),
  'a file that stays gone': permanent('file_gone', 'OB_SOURCE_UNAVAILABLE'),
  'a lack of memory': permanent('execute_error', 'OB_SOURCE_UNAVAILABLE'),
  'a full memory table': permanent('unavailable', 'OB_SOURCE_UNAVAILABLE'),
  'connections that are reset': permanent('reset', 'OB_SOURCE_UNAVAILABLE'),
  'answers that are cut off': permanent('cut', 'OB_SOURCE_UNAVAILABLE'),
  'a statement that is refused': permanent('sql_error', 'OB_SOURCE_REFUSED'),
  'a stream that may not be read': permanent('forbidden', 'OB_SOURCE_AUTH'),
} as const;

describeSource(
  'openobserve_api',
  async () => {
    const server = await startWorld();
    const source = createOpenObserveApiSource(configOf(server), { now: () => NOON + HOUR, wait: async () => undefined, random: () => 0.5 });
    const counts = { logs: PER_MINUTE, spans: PER_MINUTE, metric_points: PER_MINUTE };
    const add = async (rows: StoredRow[], stream = 'default') => {
      await server.append('logs', stream, rows);
      return { logs: rows.length };
    };
    return {
      ...{ source, range, expected: [counts, counts, counts] },
      changes: {
        'late rows': () => add([{ _timestamp: NOON + 5, body: 'late' }]),
        'a column that widened': () => add([{ _timestamp: NOON + 5, body: 'number', severity: 9 }]),
        'a row without columns': () => add([{ _timestamp: NOON + 5 }]),
        'a duplicate': () => add([rowsOf('logs', 0)[0] ?? {}]),
        'a new stream': () => add([{ _timestamp: NOON + 5, message: 'hello' }], 'other'),
      },
      faults: Object.fromEntries(
        Object.entries(faults).map(([name, { fault, code }]) => [name, { code, inflict: async () => server.inflict(fault, always) }]),
      ),
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  },
  { changes: ['late rows', 'a column that widened', 'a row without columns', 'a duplicate', 'a new stream'], faults: Object.keys(faults) },
);
