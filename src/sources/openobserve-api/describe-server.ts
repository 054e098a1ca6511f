import { toObserveBridgeError } from '../../core/error.ts';
import { type Signal, signals } from '../../core/signal.ts';
import { DAY, formatDuration, formatTime, type Micros, SECOND } from '../../core/time.ts';
import { quoteName } from '../canonical.ts';
import type { Finding } from '../source.ts';
import type { ApiClient } from './api-client.ts';
import type { OpenObserveApiConfig } from './config.ts';
import { RequestFailure } from './failure.ts';
import { searchRows } from './search-rows.ts';
import { type ApiStream, streamTypes } from './stream-list.ts';

export interface DescribeOptions {
  readonly config: OpenObserveApiConfig;
  readonly client: ApiClient;
  list(signal: AbortSignal): Promise<ApiStream[]>;
  readonly signal: AbortSignal;
  now(): Micros;
}

/** Says version and edition, how many streams each signal has, how old the newest rows are, and what will not be read. Never rejects. */
export async function describeServer(options: DescribeOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(...(await describeVersion(options)));
    const streams = await options.list(options.signal);
    findings.push(describeStreams(options.config, streams));
    for (const signal of signals) findings.push(...(await describeNewest(options, signal, streams)));
    findings.push(...describeLimits(streams));
  } catch (error) {
    const known = error instanceof RequestFailure ? error.error : toObserveBridgeError(error, 'OB_SOURCE_UNAVAILABLE', 'read');
    findings.push({ level: 'error', text: `${known.message} ${known.remedy}` });
  }
  return findings;
}

async function describeVersion({ config, client, signal }: DescribeOptions): Promise<Finding[]> {
  const server = ((await client.get('its configuration', '/config', signal)) ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof server.version !== 'string')
    return [{ level: 'warning', text: `${config.url}/config does not say which version of OpenObserve this is.` }];
  const edition = typeof server.build_type === 'string' ? ` (${server.build_type})` : '';
  const findings: Finding[] = [{ level: 'ok', text: `OpenObserve ${server.version}${edition} answers at ${config.url}.` }];
  const column = server.timestamp_column;
  if (typeof column === 'string' && column !== '_timestamp')
    findings.push({ level: 'error', text: `This OpenObserve keeps event times in ${column}, but only _timestamp is supported.` });
  return findings;
}

function describeStreams({ organization, streams: filter }: OpenObserveApiConfig, streams: readonly ApiStream[]): Finding {
  const counts = signals.map((signal) => `${streams.filter((stream) => stream.signal === signal).length} ${streamTypes[signal]}`);
  const filtered = filter.exclude.length > 0 || filter.include.some((pattern) => pattern !== '*') ? ' after the filter of `streams`' : '';
  const text = `Organization ${organization} has ${counts.join(', ')} streams to read${filtered}.`;
  return { level: streams.length > 0 ? 'ok' : 'warning', text };
}

/** Asks the stream that the statistics call the newest; they themselves lag. */
async function describeNewest({ client, now, signal }: DescribeOptions, name: Signal, streams: readonly ApiStream[]): Promise<Finding[]> {
  const [newest] = streams.filter((stream) => stream.signal === name && stream.columns.length > 0).sort((a, b) => b.maxTime - a.maxTime);
  if (newest === undefined) return [];
  const type = streamTypes[name];
  const what = `${type} stream ${newest.name}`;
  const time = now();
  const hours = newest.maxQueryHours > 0 ? Math.min(newest.maxQueryHours, 24) : 24;
  const range = { from: time - (hours * DAY) / 24, to: time };
  const sql = `SELECT max(_timestamp) AS newest FROM ${quoteName(newest.name)}`;
  const [row] = await searchRows(client, { what, type, sql, range, size: 1 }, signal);
  const found = row?.newest;
  if (typeof found === 'number') {
    const age = Math.max(0, Math.floor((time - found) / SECOND) * SECOND);
    return [{ level: 'ok', text: `The newest row of ${what} is ${formatDuration(age)} old.` }];
  }
  const known = newest.maxTime > 0 ? `; its statistics end at ${formatTime(newest.maxTime)}` : '';
  return [{ level: 'warning', text: `The ${what} has no rows of the last ${hours} hours${known}.` }];
}

function describeLimits(streams: readonly ApiStream[]): Finding[] {
  const findings: Finding[] = [];
  const empty = streams.filter((stream) => stream.columns.length === 0).length;
  if (empty > 0) findings.push({ level: 'ok', text: `${empty} streams have no schema yet and are read as empty.` });
  const untyped = streams.filter((stream) => stream.signal === 'metric_points' && stream.metricType === undefined).length;
  if (untyped > 0) findings.push({ level: 'ok', text: `${untyped} metric streams have no recorded type; it is told from their names.` });
  const limited = streams.filter((stream) => stream.maxQueryHours > 0).length;
  if (limited > 0)
    findings.push({ level: 'ok', text: `${limited} streams limit the range of one search, so they are read in shorter slices.` });
  findings.push({ level: 'ok', text: 'Rows whose event time is impossible lie outside of every window and are not read through the API.' });
  return findings;
}
