import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type FoundRows, SearchError, type SearchRequest, search } from './search.ts';
import { openStoredStreams, type StoredRow } from './stored-streams.ts';

/** What can go wrong with a search. `cut` and `slow` are about the body of an answer that is otherwise right. */
export type FakeFault =
  | 'partial'
  | 'function_error'
  | 'clamp'
  | 'timeout'
  | 'cancelled'
  | 'rate_limit'
  | 'file_gone'
  | 'execute_error'
  | 'lock_timeout'
  | 'unavailable'
  | 'reset'
  | 'slow'
  | 'cut'
  | 'sql_error'
  | 'forbidden';

export interface FakeOptions {
  readonly user?: string;
  readonly password?: string;
  readonly version?: string;
  /** Serves HTTPS with this key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether streams are listed without their columns, also when they are asked for. */
  readonly withoutSchemas?: boolean;
  /** Fields of user-defined schemas, by stream; other fields cannot be asked for. */
  readonly userSchemas?: Readonly<Record<string, readonly string[]>>;
  readonly metricTypes?: Readonly<Record<string, string>>;
  /** Rows of one search that make the server too slow for it. */
  readonly slowRows?: number;
  /** Longest range of one search in hours, as the server's and every stream's setting. */
  readonly maxQueryHours?: number;
  /** How far the statistics of streams are behind, in µs; rows younger than that are not in them. */
  readonly statisticsBehind?: { readonly now: number; readonly lag: number };
  readonly memoryLimit?: string;
}

/** One search that was answered. */
export interface AskedSearch {
  readonly type: string;
  readonly sql: string;
  readonly from: number;
  readonly to: number;
  readonly useCache: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server that answers like OpenObserve 0.92, with counts of what it was asked. */
export interface FakeOpenObserve extends AsyncDisposable {
  readonly url: string;
  readonly organization: string;
  readonly user: string;
  readonly password: string;
  readonly counts: { requests: number; concurrent: number; connections: number; rows: number };
  readonly searches: AskedSearch[];
  /** Appends rows to a stream of type `logs`, `metrics` or `traces`. */
  append(type: string, stream: string, rows: readonly StoredRow[] | string): Promise<void>;
  /** Forgets a column of a stream, or the whole stream. */
  drop(type: string, stream: string, column?: string): Promise<void>;
  /** Lets the next searches fail; `after` lets so many pass first. */
  inflict(fault: FakeFault, times?: number, after?: number): void;
  /** Calls back at the beginning of every search. */
  onSearch(listener: (asked: AskedSearch) => void | Promise<void>): void;
}

interface Planned {
  readonly fault: FakeFault;
  times: number;
  after: number;
}

const FAILURES: Partial<Record<FakeFault, readonly [status: number, code: number, message: string]>> = {
  timeout: [408, 20010, 'Search query timed out'],
  cancelled: [429, 20009, 'Search query was cancelled'],
  rate_limit: [429, 20012, 'Ratelimit exceeded'],
  file_gone: [500, 20006, 'Search parquet file not found'],
  execute_error: [400, 20008, 'Search SQL execute error'],
  lock_timeout: [400, 400, 'Error# dist lock timeout'],
  unavailable: [503, 503, 'Resource error: memory table is full'],
  sql_error: [400, 20001, 'Search SQL not valid'],
};

/** Starts the server on a free port of loopback. */
export async function startFakeOpenObserve(options: FakeOptions = {}): Promise<FakeOpenObserve> {
  const { user = 'root@example.com', password = 'Complexpass#123', version = 'v0.92.2' } = options;
  const organization = 'default';
  const streams = await openStoredStreams(options.memoryLimit);
  const counts = { requests: 0, concurrent: 0, connections: 0, rows: 0 };
  const searches: AskedSearch[] = [];
  const cached = new Map<string, FoundRows>();
  const planned: Planned[] = [];
  const sockets = new Set<Socket>();
  let listener: (asked: AskedSearch) => void | Promise<void> = () => undefined;
  let running = 0;
  // One search at a time, as a cluster of the open-source edition runs them.
  let queue: Promise<unknown> = Promise.resolve();

  const nextFault = (): FakeFault | undefined => {
    const [first] = planned;
    if (first === undefined || first.after-- > 0) return undefined;
    if (--first.times <= 0) planned.shift();
    return first.fault;
  };

  const find = async (type: string, request: SearchRequest, useCache: boolean): Promise<FoundRows> => {
    const key = JSON.stringify([type, request.query]);
    const known = useCache ? cached.get(key) : undefined;
    const searching = queue.then(() => known ?? search(streams, type, request));
    queue = searching.catch(() => undefined);
    const found = await searching;
    if (useCache) cached.set(key, found);
    return found;
  };

  const answerSearch = async (request: IncomingMessage, response: ServerResponse, parameters: URLSearchParams): Promise<void> => {
    const body = JSON.parse(await readBody(request)) as SearchRequest & Record<string, unknown>;
    const type = parameters.get('type') ?? 'logs';
    const useCache = parameters.get('use_cache') !== 'false';
    const { sql, start_time: from, end_time: to } = body.query ?? {};
    const asked = { type, sql: String(sql), from: Number(from), to: Number(to), useCache, body };
    searches.push(asked);
    await listener(asked);
    const fault = nextFault();
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    if (fault === 'forbidden') return send(response, 403, '{"code":401,"message":"Unauthorized Access"}');
    const failure = fault === undefined ? undefined : FAILURES[fault];
    if (failure) return sendError(response, ...failure);
    const found = await find(type, body, useCache);
    if (options.slowRows !== undefined && found.hits.length > options.slowRows)
      return sendError(response, 408, 20010, 'Search query timed out');
    counts.rows += found.hits.length;
    const text = toAnswer(found, body, fault);
    if (fault === 'slow') {
      response.writeHead(200, { 'content-type': 'application/json' }).write(text.slice(0, text.length / 2));
      return;
    }
    send(response, 200, fault === 'cut' ? text.slice(0, -Math.ceil(text.length / 3)) : text);
  };

  const answerStreams = async (response: ServerResponse, path: string, parameters: URLSearchParams): Promise<void> => {
    const type = parameters.get('type') ?? 'logs';
    const name = decodeURIComponent(/\/streams\/([^/]+)\/schema$/.exec(path)?.[1] ?? '');
    const facts = await streams.list(type);
    const behind = options.statisticsBehind;
    const described = facts.map((stream) => ({
      ...{ name: stream.name, stream_type: type, storage_type: 'disk', total_fields: stream.schema.length },
      schema: name !== '' || (parameters.get('fetchSchema') === 'true' && !options.withoutSchemas) ? stream.schema : [],
      uds_schema: stream.schema.filter((field) => options.userSchemas?.[stream.name]?.includes(field.name)),
      stats: {
        ...(behind && stream.first > behind.now - behind.lag
          ? { doc_time_min: 0, doc_time_max: 0, doc_num: 0 }
          : {
              doc_time_min: stream.first,
              doc_time_max: Math.min(stream.last, behind ? behind.now - behind.lag : stream.last),
              doc_num: stream.rows,
            }),
        ...{ created_at: 0, file_num: 1, storage_size: 1, compressed_size: 1, index_size: 0 },
      },
      settings: { partition_keys: {}, max_query_range: options.maxQueryHours ?? 0 },
      ...(options.metricTypes?.[stream.name] === undefined || type !== 'metrics'
        ? {}
        : { metrics_meta: { metric_family_name: stream.name, metric_type: options.metricTypes[stream.name], help: '', unit: '' } }),
    }));
    if (name === '') return send(response, 200, JSON.stringify({ list: described, total: described.length }));
    const [stream] = described.filter((candidate) => candidate.name === name);
    if (stream) send(response, 200, JSON.stringify(stream));
    else send(response, 404, '{"code":404,"message":"stream not found"}');
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    if (pathname === '/healthz') return send(response, 200, '{"status":"ok"}');
    if (pathname === '/config') {
      const server = {
        version,
        build_type: 'opensource',
        query_default_limit: 1000,
        timestamp_column: '_timestamp',
        streaming_enabled: true,
      };
      return send(response, 200, JSON.stringify({ ...server, max_query_range: options.maxQueryHours ?? 0 }));
    }
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (request.headers.authorization !== expected) {
      response
        .writeHead(401, { 'content-type': 'text/plain', 'www-authenticate': 'Bearer realm="openobserve"' })
        .end('Unauthorized Access');
      return;
    }
    if (request.method === 'POST' && pathname === `/api/${organization}/_search`) return answerSearch(request, response, searchParams);
    if (request.method === 'GET' && pathname.startsWith(`/api/${organization}/streams`))
      return answerStreams(response, pathname, searchParams);
    send(response, 404, '{"code":404,"message":"Not Found"}');
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    counts.requests++;
    running++;
    counts.concurrent = Math.max(counts.concurrent, running);
    response.once('close', () => running--);
    answer(request, response).catch((error: unknown) => {
      if (error instanceof SearchError) sendError(response, error.status, error.code, error.message, error.detail);
      else sendError(response, 500, 10001, String(error));
    });
  };
  const server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
  server.on('connection', (socket) => {
    counts.connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const inQueue = (work: () => Promise<void>): Promise<void> => {
    const working = queue.then(work);
    queue = working.catch(() => undefined);
    return working;
  };

  return {
    ...{ url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, organization, user, password, counts, searches },
    append: (type, stream, rows) => inQueue(() => streams.append(type, stream, rows)),
    drop: (type, stream, column) => inQueue(() => streams.drop(type, stream, column)),
    inflict: (fault, times = 1, after = 0) => void planned.push({ fault, times, after }),
    onSearch(next) {
      listener = next;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await queue;
      await streams[Symbol.asyncDispose]();
    },
  };
}

function toAnswer({ hits, capped }: FoundRows, body: SearchRequest, fault: FakeFault | undefined): string {
  const warnings = [
    ...(capped ? ['Warn: results are capped to meet default limit'] : []),
    ...(fault === 'function_error' ? ['VRL error: function failed'] : []),
    ...(fault === 'partial' ? ['parquet not found. Please be aware that the response is based on partial data'] : []),
    ...(fault === 'clamp' ? ['Query duration is modified due to query range restriction of 1 hours'] : []),
  ];
  const total = body.query?.track_total_hits === true ? Number(/(\d+)/.exec(hits[0] ?? '')?.[1] ?? 0) : hits.length;
  const before = { took: 3, took_detail: { total: 3, cache_took: 0, file_list_took: 1, wait_in_queue: 0, idx_took: 0, search_took: 2 } };
  const after = {
    ...{ total, from: body.query?.from ?? 0, size: body.query?.size ?? 1000, cached_ratio: 0, scan_size: 1, idx_scan_size: 0 },
    ...{ scan_records: total, is_partial: warnings.length > 0 && fault !== 'function_error', result_cache_ratio: 0 },
    ...{ trace_id: '0123456789abcdef0123456789abcdef', order_by: 'asc', order_by_metadata: [['_timestamp', 'asc']] },
    ...(warnings.length > 0 ? { function_error: warnings } : {}),
    ...(fault === 'clamp' ? { new_start_time: Number(body.query?.start_time) + 1, new_end_time: body.query?.end_time } : {}),
  };
  return `${JSON.stringify(before).slice(0, -1)},"hits":[${hits.join(',')}],${JSON.stringify(after).slice(1)}`;
}

function sendError(response: ServerResponse, status: number, code: number, message: string, detail = ''): void {
  response.setHeader('x-error-message', String(code));
  send(response, status, JSON.stringify({ code, message, error_detail: detail, trace_id: '0123456789abcdef0123456789abcdef' }));
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
