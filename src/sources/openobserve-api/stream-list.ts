import { type Signal, signals } from '../../core/signal.ts';
import type { Micros } from '../../core/time.ts';
import type { Stream } from '../source.ts';
import type { ApiClient } from './api-client.ts';
import { RequestFailure } from './failure.ts';

/** OpenObserve's name for the type of each signal's streams. */
export const streamTypes: Readonly<Record<Signal, string>> = { logs: 'logs', spans: 'traces', metric_points: 'metrics' };

/** A stream with what OpenObserve tells about it. */
export interface ApiStream extends Stream {
  /** Columns that can be asked for. */
  readonly columns: readonly string[];
  /** Arrow's name of each column's type, as far as it is told. */
  readonly types: ReadonlyMap<string, string>;
  /** Event times of its rows as the statistics know them, which may be tens of minutes old; 0 when they know nothing. */
  readonly minTime: Micros;
  readonly maxTime: Micros;
  /** Rows per µs between these times, on average; 0 when the statistics know nothing. */
  readonly density: number;
  /** Longest range that one search may cover, in hours; 0 is any. */
  readonly maxQueryHours: number;
}

interface ListedStream {
  readonly name?: unknown;
  readonly schema?: unknown;
  readonly uds_schema?: unknown;
  readonly stats?: { readonly doc_time_min?: unknown; readonly doc_time_max?: unknown; readonly doc_num?: unknown } | null;
  readonly settings?: { readonly max_query_range?: unknown } | null;
  readonly metrics_meta?: { readonly metric_type?: unknown } | null;
}

/** Where the streams are listed, and which of them are wanted. */
export interface StreamListOptions {
  readonly client: ApiClient;
  readonly organization: string;
  /** Whether a stream of a type is wanted. */
  isWanted(type: string, stream: string): boolean;
  /** The server's own limit of a range, in hours; 0 is none. */
  readonly longestQueryHours: number;
  readonly signal: AbortSignal;
}

/** The longest range in hours that the server allows one search, where no stream says otherwise; 0 when it does not say. */
export async function getLongestQuery(client: ApiClient, signal: AbortSignal): Promise<number> {
  try {
    return toNumber(((await client.get('its configuration', '/config', signal)) as { max_query_range?: unknown } | null)?.max_query_range);
  } catch (error) {
    // A proxy may let only the API through.
    if (error instanceof RequestFailure && error.verdict === 'final') return 0;
    throw error;
  }
}

/** Lists the streams of all signals with their columns; three requests, and one more for a stream that comes without a schema. */
export async function listApiStreams(options: StreamListOptions): Promise<ApiStream[]> {
  const streams: ApiStream[] = [];
  for (const name of signals) streams.push(...(await listStreamsOf(options, name)));
  return streams;
}

async function listStreamsOf(
  { client, organization, isWanted, longestQueryHours, signal }: StreamListOptions,
  name: Signal,
): Promise<ApiStream[]> {
  const type = streamTypes[name];
  const base = `/api/${encodeURIComponent(organization)}/streams`;
  const answer = (await client.get(`the list of ${type} streams`, `${base}?type=${type}&fetchSchema=true`, signal)) as { list?: unknown };
  const streams: ApiStream[] = [];
  const listed = Array.isArray(answer?.list) ? (answer.list as ListedStream[]) : [];
  for (const stream of listed) {
    if (typeof stream.name !== 'string' || !isWanted(type, stream.name)) continue;
    const path = `${base}/${encodeURIComponent(stream.name)}/schema?type=${type}`;
    const described = columnsOf(stream).length > 0 ? stream : await getSchema(client, stream.name, path, signal);
    streams.push(toApiStream(stream.name, name, stream, described, longestQueryHours));
  }
  return streams;
}

async function getSchema(client: ApiClient, stream: string, path: string, signal: AbortSignal): Promise<ListedStream> {
  try {
    return (await client.get(`the schema of stream ${stream}`, path, signal)) as ListedStream;
  } catch (error) {
    // A stream without rows has no schema yet, which is answered with 404.
    if (error instanceof RequestFailure && (error.verdict === 'empty' || error.status === 404)) return {};
    throw error;
  }
}

/** With a user-defined schema only its fields are columns. */
function fieldsOf({ schema, uds_schema }: ListedStream): { readonly name?: unknown; readonly type?: unknown }[] {
  const fields = Array.isArray(uds_schema) && uds_schema.length > 0 ? uds_schema : schema;
  return Array.isArray(fields) ? fields : [];
}

const columnsOf = (stream: ListedStream): string[] => fieldsOf(stream).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));

const typesOf = (stream: ListedStream): Map<string, string> =>
  new Map(fieldsOf(stream).flatMap(({ name, type }) => (typeof name === 'string' && typeof type === 'string' ? [[name, type]] : [])));

function toApiStream(
  name: string,
  signal: Signal,
  { stats, settings, metrics_meta }: ListedStream,
  described: ListedStream,
  serverHours: number,
): ApiStream {
  const type = metrics_meta?.metric_type;
  const [minTime, maxTime] = [toNumber(stats?.doc_time_min), toNumber(stats?.doc_time_max)];
  return {
    ...{ name, signal, columns: columnsOf(described), types: typesOf(described) },
    ...(typeof type === 'string' && signal === 'metric_points' ? { metricType: type.toLowerCase() } : {}),
    ...{
      ...{ minTime, maxTime },
      density: maxTime > minTime ? toNumber(stats?.doc_num) / (maxTime - minTime) : 0,
      maxQueryHours: toNumber(settings?.max_query_range) || serverHours,
    },
  };
}

const toNumber = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
