import { readFileSync } from 'node:fs';
import type { Signal } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import { MINUTE, type Micros, parseTime, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { quoteText } from '../canonical.ts';
import { published, spanTemplates, tracesPerRound } from './call-templates.ts';
import type { MockConfig } from './config.ts';
import { burstText, logTemplates, logVariables } from './log-templates.ts';
import { metricSeries, seriesLabels } from './metric-series.ts';
import { pods, services } from './services.ts';

type Cell = string | number | boolean | null;

const sqlOf = (name: string): string => readFileSync(new URL(`${name}.sql`, import.meta.url), 'utf8');
const sql = { macros: sqlOf('macros'), logs: sqlOf('logs'), spans: sqlOf('spans'), metric_points: sqlOf('metrics') };

/** No span begins later than this after its trace: its place in the template, at most 1.7 s, at the slowest pace, e^1.5 × 1.4. */
const LONGEST_REACH: Micros = 15 * SECOND;

const attributes = [...new Set(spanTemplates.flatMap((span) => Object.keys(span.attributes)))].sort();
const pointsPerCopy = metricSeries.reduce((total, series) => total + series.pointsPerMinute, 0);

/** Loads what the selects of `mockRows` need into the session: functions, and the catalogues of services, calls, log lines and series. */
export async function loadMockWorld(session: SqlSession): Promise<void> {
  await session.run(catalogue());
}

/** Rows per minute of a signal: the configured number at scale 1, times the scale. */
export function rowsPerMinute(signal: Signal, config: MockConfig): number {
  const count = { logs: config.logs_per_minute, spans: config.spans_per_minute, metric_points: config.metric_points_per_minute }[signal];
  return Math.round(count * config.scale);
}

/**
 * A select of the rows whose time lies in the range, in OpenObserve's stored shape, and `_row_hash`, which is a uniform number per row.
 * Each row depends on the seed, its minute and its place in the minute alone, and the select runs in memory that does not grow with the
 * range. It runs in sessions that `loadMockWorld` prepared.
 */
export function mockRows(signal: Signal, config: MockConfig, range: Window): string {
  const perMinute = rowsPerMinute(signal, config);
  const rounds = Math.max(1, Math.ceil(rowsPerMinute('spans', config) / spanTemplates.length));
  const copies = Math.max(1, Math.ceil(perMinute / pointsPerCopy));
  const burst = config.faults.error_burst;
  const blocks = { logs: Math.max(1, perMinute), spans: rounds, metric_points: copies }[signal];
  const start = signal === 'spans' ? range.from - LONGEST_REACH : signal === 'logs' ? range.from : floorToMinute(range.from);
  const end = signal === 'metric_points' ? floorToMinute(range.to + MINUTE - 1) : range.to;
  return render(sql[signal], {
    ...{ seed: config.seed, from: range.from, to: range.to, per_minute: perMinute },
    ...{ first: blockAt(start, blocks), last: perMinute === 0 ? 0 : blockAt(end, blocks) + 1 },
    ...{ rounds, copies, templates: logTemplates.length, points_per_copy: pointsPerCopy },
    ...{ traces_per_round: tracesPerRound, spans_per_round: spanTemplates.length, slot_us: MINUTE / (rounds * tracesPerRound) },
    ...{ published_trace: published.trace, published_span: published.span, linking_trace: published.linkedFrom },
    ...{ burst_service: burst?.service ?? '', burst_share: burst?.share ?? 0, burst_text: toFormat(burstText) },
    ...{ burst_from: parseTime(burst?.from ?? '') ?? 0, burst_to: parseTime(burst?.to ?? '') ?? 0 },
    ...{ attributes: { names: attributes }, labels: { names: seriesLabels } },
  });
}

const floorToMinute = (time: Micros): Micros => Math.floor(time / MINUTE) * MINUTE;

/** The number, since 1970, of the equal block of a minute that holds the time. */
function blockAt(time: Micros, blocksPerMinute: number): number {
  const minute = Math.floor(time / MINUTE);
  return minute * blocksPerMinute + Math.floor(((time - minute * MINUTE) * blocksPerMinute) / MINUTE);
}

/** Writes the values into the text, because a relation that stands in a from clause of others cannot carry parameters. */
function render(text: string, values: Record<string, string | number | { names: readonly string[] }>): string {
  return text.replaceAll(/\$([a-z_]+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`The statement has an unknown parameter ${name}.`);
    if (typeof value === 'object') return value.names.join(', ');
    return typeof value === 'number' ? String(value) : quoteText(value);
  });
}

/** `<name>` becomes the number of the variable for the SQL function `format`; braces of the line itself stay. */
function toFormat(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&').replaceAll(/<([a-z]+)>/g, (match, name: string) => {
    const index = (logVariables as readonly string[]).indexOf(name);
    return index < 0 ? match : `{${index}}`;
  });
}

function catalogue(): string {
  const podsOf = new Map(services.map((service) => [service.name as string, service.pods]));
  const errorRates = new Map(services.map((service) => [service.name as string, service.errorRate]));
  const logRows = logTemplates.map(({ service, severity, text }, template) => ({
    ...{ template, service, severity, text: toFormat(text), pods: podsOf.get(service) ?? 1 },
    trace: spanTemplates.find((span) => span.service === service)?.trace ?? 0,
  }));
  const spanRows = spanTemplates.map(({ attributes: own, ...span }, position) => ({
    ...{ position, ...span, pods: podsOf.get(span.service) ?? 1, error_rate: errorRates.get(span.faultService) ?? 0 },
    ...Object.fromEntries(attributes.map((name) => [name, own[name] ?? null])),
  }));
  let points = 0;
  const seriesRows = metricSeries.map((series, index) => {
    const first = points;
    points += series.pointsPerMinute;
    return {
      ...{ first, series: index, ticks: series.pointsPerMinute, metric: series.metric, value_kind: series.valueKind },
      ...{ level: series.level, share: series.share },
      ...Object.fromEntries(seriesLabels.map((name) => [name, series.labels[name] ?? null])),
    };
  });
  return [
    sql.macros,
    toTable('mock_pod', pods),
    toTable('mock_log_template', logRows),
    toTable('mock_span_template', spanRows),
    toTable('mock_series', seriesRows),
  ].join('\n');
}

/** One literal of JSON is read several times faster than a list of values, and the catalogue is loaded for every read. */
function toTable(name: string, rows: readonly Record<string, Cell>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const types = Object.fromEntries(columns.map((column) => [column, typeOf(rows.map((row) => row[column] ?? null))]));
  const fields = columns.map((column) => `catalogue.${column} as ${column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);
  const list = `from_json(${quoteText(JSON.stringify(rows))}, ${quoteText(JSON.stringify([types]))})`;
  return `create or replace table ${name} as select ${fields.join(', ')} from (select unnest(${list}) as catalogue);`;
}

function typeOf(cells: readonly Cell[]): string {
  const known = cells.filter((cell) => cell !== null);
  if (known.every((cell) => typeof cell === 'boolean')) return 'BOOLEAN';
  if (known.every((cell) => typeof cell === 'number')) return known.every(Number.isInteger) ? 'BIGINT' : 'DOUBLE';
  return 'VARCHAR';
}
