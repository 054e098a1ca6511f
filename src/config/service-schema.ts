import { type Static, Type } from 'typebox';
import { durationField, pathField, textField } from '../core/config-field.ts';

const closed = { additionalProperties: false } as const;
const count = (description: string, fallback: number, maximum: number) =>
  Type.Integer({ description, minimum: 1, maximum, default: fallback });

/** How workers take and hold windows. */
export const RunnerConfigSchema = Type.Object(
  {
    concurrency: count('Reads that one worker process runs at once.', 2, 64),
    max_running: count('Reads of all workers together that run at once.', 64, 10_000),
    max_running_per_job: count('Reads of one job that run at once.', 64, 10_000),
    max_running_per_tenant: count('Reads of one tenant that run at once.', 2, 1_000),
    lease: durationField({ description: 'How long a window stays with a worker that no longer gives a sign of life.', default: '60s' }),
    max_attempts: count('Failed attempts after which a window is dead.', 10, 1_000),
    stop_within: durationField({ description: 'How long a stopping process waits for windows that have begun.', default: '20s' }),
    circuit_failures: count('Failures in a row that open the circuit of a job and tenant.', 5, 1_000),
    circuit_pause: durationField({
      description: 'How long an opened circuit waits for its first probe; each further one waits twice as long.',
      default: '30s',
    }),
  },
  { ...closed, default: {}, description: 'How workers take windows.' },
);

/** The HTTP interface. */
export const ApiConfigSchema = Type.Object(
  {
    host: textField({ description: 'Address to listen on. Without tokens only a loopback address is allowed.', default: '127.0.0.1' }),
    port: Type.Integer({ description: 'Port to listen on; 0 takes a free one.', minimum: 0, maximum: 65_535, default: 5280 }),
    body_limit_kb: count('Largest request body.', 1024, 65_536),
    request_timeout: durationField({ description: 'Longest time that receiving a request may take.', default: '30s' }),
    ready_lag: durationField({ description: 'The service reports itself not ready when a window is later than this.', default: '1h' }),
  },
  { ...closed, default: {}, description: 'The HTTP interface.' },
);
export type ApiConfig = Static<typeof ApiConfigSchema>;

/** Where OpenLineage events go. */
export const LineageConfigSchema = Type.Object(
  {
    url: Type.Optional(
      textField({
        description: 'Address that receives OpenLineage events by POST, such as http://marquez:5000/api/v1/lineage.',
        pattern: '^https?://.+$',
        'x-expects': 'an http:// or https:// address',
      }),
    ),
    file: Type.Optional(pathField({ description: 'File to which OpenLineage events are appended, one JSON object per line.' })),
    namespace: textField({ description: 'OpenLineage namespace of the jobs.', default: 'observebridge' }),
  },
  { ...closed, default: {}, description: 'OpenLineage events about every run; none without `url` and `file`.' },
);

/** A typing mistake such as `30s` must not remove a history: only whole hours and days count. */
const age = (description: string, fallback: string) =>
  durationField({
    description,
    default: fallback,
    pattern: '^0*[1-9]\\d*[hd](\\d+(ms|s|m|h|d))*$',
    'x-expects': 'at least an hour, such as 36h or 30d',
  });

/** How long what the service writes is kept. */
export const RetentionConfigSchema = Type.Object(
  {
    runs: age('Age at which finished runs are removed.', '30d'),
    failed_runs: age('Age at which dead, canceled and skipped runs are removed.', '90d'),
    keep_runs: count('Newest runs of each job and tenant that are kept whatever their age.', 100, 100_000),
    attempts: age('Age at which attempts are removed.', '14d'),
    triggers: age('Age at which requests from outside are removed.', '90d'),
    backfills: age('Age at which finished backfills are removed.', '90d'),
    partials: age('Age at which one-minute partials are removed; a wider row can be repaired until then.', '14d'),
    aggregates: age('Age at which metrics, service calls and log pattern counts are removed, with their locators.', '400d'),
    reconciliation: age('Age at which the counts of read and rejected rows are removed.', '90d'),
    events: age('Age at which received events are removed.', '90d'),
    batch_rows: count('Rows removed by one transaction.', 1000, 100_000),
    budget: durationField({ description: 'Longest time that one pass may take.', default: '60s' }),
  },
  { ...closed, default: {}, description: 'How long the service keeps its own records and results.' },
);
