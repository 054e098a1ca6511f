import { ObserveBridgeError } from '../core/error.ts';
import type { Db } from '../store/db.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createServer } from './server.ts';

/** The OpenAPI 3.1 document as JSON text, the same as a server of this version answers at `/openapi.json`; needs no database. */
export async function describeApi(version: string): Promise<string> {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const server = await createServer({
    ...{ db: absentDb, version, logger, metrics: createMetrics(), open: false, now: () => 0, wake: silent },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 1, request_timeout: '1s', ready_lag: '1s' },
    schedules: () => undefined,
    tenants: async () => [],
  });
  await server.ready();
  const document = server.swagger();
  await server.close();
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const refuse = (): never => {
  throw new ObserveBridgeError('OB_INTERNAL', 'internal', 'Describing the interface used the database.');
};
const absentDb: Db = { kind: 'pglite', version: 0, query: refuse, transaction: refuse, [Symbol.asyncDispose]: async () => undefined };
