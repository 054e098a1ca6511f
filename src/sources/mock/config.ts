import { type Static, Type } from 'typebox';
import { durationField, textField } from '../../core/config-field.ts';

const closed = { additionalProperties: false } as const;

const share = (description: string) => Type.Number({ description, minimum: 0, maximum: 1, default: 0 });

const perMinute = (what: string, count: number) =>
  Type.Integer({ description: `${what} per minute at scale 1.`, minimum: 0, maximum: 1_000_000, default: count });

const timeField = (description: string) =>
  textField({ description, pattern: '^\\d{4}-\\d{2}-\\d{2}', 'x-expects': 'a UTC time such as 2026-01-31T12:00:00Z' });

const FaultsConfigSchema = Type.Object(
  {
    late_share: share('Share of the rows that become visible only `late_by` after their time.'),
    late_by: durationField({ description: 'How late late rows are.', default: '10m' }),
    duplicate_share: share('Share of the rows that are delivered twice.'),
    error_burst: Type.Optional(
      Type.Object(
        {
          service: textField({ description: 'Name of the service that fails.', minLength: 1 }),
          from: timeField('When it begins to fail.'),
          to: timeField('When it works again.'),
          share: Type.Number({ description: 'Share of its requests and log lines that are errors.', minimum: 0, maximum: 1 }),
        },
        { ...closed, description: 'A time in which one service fails more often than it does otherwise.' },
      ),
    ),
    fail_share: share('Share of the reads that fail in a way that trying again mends.'),
    hang: Type.Boolean({ description: 'Whether reads never answer until they are canceled.', default: false }),
  },
  { ...closed, default: {}, description: 'What goes wrong; nothing by default.' },
);

/** What the user writes under `source` to read the generated microservice shop. */
export const MockConfigSchema = Type.Object(
  {
    type: Type.Literal('mock', { description: 'Generates the telemetry of a small shop, the same for the same seed.' }),
    seed: Type.Integer({ description: 'Worlds with different seeds have different rows.', minimum: 0, maximum: 2_147_483_647, default: 1 }),
    scale: Type.Number({ description: 'Multiplies the rows per minute.', exclusiveMinimum: 0, maximum: 100, default: 1 }),
    logs_per_minute: perMinute('Log lines', 5_000),
    spans_per_minute: perMinute('Spans', 1_000),
    metric_points_per_minute: perMinute('Metric points', 500),
    faults: FaultsConfigSchema,
  },
  closed,
);
/** A validated `mock` source: defaults filled in. */
export type MockConfig = Static<typeof MockConfigSchema>;
/** The faults of a validated `mock` source. */
export type FaultsConfig = Static<typeof FaultsConfigSchema>;
