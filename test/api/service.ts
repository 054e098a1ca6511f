import type { FastifyInstance, InjectOptions } from 'fastify';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createServer } from '../../src/api/server.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { type Access, createToken } from '../../src/store/api-token.ts';
import type { Db } from '../../src/store/db.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** An answer; `body` is the parsed JSON of whatever shape, or the text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: ReturnType<JSON['parse']>;
}

export interface Service extends AsyncDisposable {
  readonly server: FastifyInstance;
  /** Lines that were logged. */
  readonly log: string[];
  /** How often work was announced. */
  wakes(): number;
  /** Sends a request and checks that the answer is what the OpenAPI document promises. */
  call(method: 'GET' | 'POST' | 'DELETE', url: string, options?: Partial<InjectOptions> & { token?: string }): Promise<Answer>;
  /** Makes a token and returns its text. */
  token(access: Partial<Access>): Promise<string>;
}

/** A server on the database with tenants `a` and `b` and the job `oo-agg` of one-minute windows, at 2026-01-01T12:00:00Z. */
export async function createService(db: Db, overrides: Partial<ApiDeps> = {}): Promise<Service> {
  const log: string[] = [];
  let wakes = 0;
  let tokens = 0;
  const server = await createServer({
    db,
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    version: '9.8.7',
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) }),
    metrics: createMetrics(),
    now: () => parseTime('2026-01-01T12:00:00Z') ?? 0,
    schedules: (job) => (job === 'oo-agg' ? { align: MINUTE, delay: 2 * MINUTE, maxBatch: 60 } : undefined),
    tenants: async () => ['a', 'b'],
    wake: () => {
      wakes++;
    },
    open: true,
    ...overrides,
  });
  await server.ready();
  return {
    server,
    log,
    wakes: () => wakes,
    async call(method, url, { token, ...options } = {}) {
      const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...options.headers };
      const response = await server.inject({ method, url, ...options, headers });
      const isJson = /json/.test(String(response.headers['content-type']));
      const body: unknown = isJson ? response.json() : response.body;
      if (isJson && url !== '/openapi.json') expectPromised(server, method, url, response.statusCode, body);
      return { status: response.statusCode, headers: response.headers, body };
    },
    token: (access) => createToken(db, { name: `token ${++tokens}`, role: 'viewer', ...access }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function expectPromised(server: FastifyInstance, method: string, url: string, status: number, body: unknown): void {
  if (status >= 400 && !Object.hasOwn(Object(body), 'ready')) {
    expect(Object.keys(Object(body)).sort()).toEqual(['code', 'detail', 'remedy', 'status', 'title', 'type']);
    expect(Object(body)).toMatchObject({ status, type: expect.stringMatching(/^urn:observebridge:error:OB_[A-Z_]+$/) });
    return;
  }
  const given = (url.split('?')[0] ?? '').split('/');
  const paths = Object.keys(server.swagger().paths ?? {}).filter((path) => {
    const parts = path.split('/');
    return parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index]);
  });
  const [path = ''] = paths.toSorted((left, right) => left.split('{').length - right.split('{').length);
  const operation = server.swagger().paths?.[path]?.[method.toLowerCase() as 'get'];
  const answer = Object(operation?.responses)[status]?.content?.['application/json']?.schema;
  expect(answer, `${method} ${path} ${status} has a schema`).toBeDefined();
  expect([...Value.Errors(answer, body)]).toEqual([]);
}
