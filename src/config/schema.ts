import { type Static, type TSchema, Type } from 'typebox';
import { durationField, pathField, textField } from '../core/config-field.ts';
import { defaultResourceRules } from '../core/place.ts';
import { KnowledgeConfigSchema } from '../knowledge/config.ts';
import { PatternsConfigSchema } from '../patterns/config.ts';
import { MockConfigSchema } from '../sources/mock/config.ts';
import { OpenObserveApiConfigSchema } from '../sources/openobserve-api/config.ts';
import { OpenObserveFilesConfigSchema } from '../sources/openobserve-files/config.ts';
import { OtlpFilesConfigSchema } from '../sources/otlp-files/config.ts';
import { TopologyConfigSchema } from '../topology/config.ts';
import { JobsConfigSchema, jobNames } from './jobs-schema.ts';
import type { SchemaNode } from './schema-node.ts';
import { ApiConfigSchema, LineageConfigSchema, RetentionConfigSchema, RunnerConfigSchema } from './service-schema.ts';

const closed = { additionalProperties: false } as const;

const SourceConfigSchema = Type.Union([OpenObserveApiConfigSchema, OpenObserveFilesConfigSchema, OtlpFilesConfigSchema, MockConfigSchema], {
  description: 'Where the telemetry of the tenant comes from; `type` decides which other keys there are.',
});

/** A tenant, in the configuration file as in `dim_tenant.settings`. */
export const TenantConfigSchema = Type.Object(
  {
    id: textField({
      description: 'Identifier that every row of the tenant carries.',
      pattern: '^[a-z0-9][a-z0-9_.-]*$',
      'x-expects': 'lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or digit',
    }),
    name: Type.Optional(textField({ description: 'Name for people.' })),
    source: SourceConfigSchema,
    engine: Type.Union(
      (['local', 'openobserve'] as const).map((name) => Type.Literal(name)),
      {
        description:
          'Where metrics and service calls are aggregated: in this process, or by OpenObserve itself as far as it can, which takes a source of type ' +
          'openobserve_api. Both give the same rows.',
        default: 'local',
      },
    ),
    topology: Type.Optional(TopologyConfigSchema),
    initial_lookback: Type.Optional(
      Type.Partial(
        Type.Object(
          Object.fromEntries(
            jobNames.map((job) => [job, durationField({ description: `Where ${job} starts for this tenant, counted back from now.` })]),
          ) as Record<(typeof jobNames)[number], ReturnType<typeof durationField>>,
          closed,
        ),
        { ...closed, description: 'Where each job starts for this tenant; replaces `initial_lookback` of the job.' },
      ),
    ),
  },
  closed,
);

const ResourceRuleSchema = Type.Object(
  {
    from: Type.Union(
      (['namespaced_service', 'pod', 'host', 'service', 'job'] as const).map((name) => Type.Literal(name)),
      {
        description:
          'What names the resource: the service with its Kubernetes namespace, the owner of the pod, `host_name` or `instance`, the service alone, ' +
          'or the scrape job. The rule is skipped where that is empty.',
      },
    ),
    metric_prefixes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Beginnings of metric names that the rule is for; all if absent.' }),
    ),
  },
  closed,
);

/** The complete configuration as the user writes it; every property has a description, optional ones have a default or are marked. */
export const ConfigSchema = Type.Object(
  {
    database: Type.Object(
      {
        url: pathField({
          description: '`pglite:` and a directory for the embedded database, or the `postgres://` address of a server (15 or newer).',
          pattern: '^(pglite:.+|postgres(ql)?://.+)$',
          default: 'pglite:./.observebridge/db',
          'x-expects': '`pglite:` and a directory, or `postgres://` and an address',
        }),
      },
      { ...closed, default: {}, description: 'Where the results are kept.' },
    ),
    tenants: Type.Array(TenantConfigSchema, { minItems: 1, description: 'Whose telemetry is read, and from where.' }),
    jobs: JobsConfigSchema,
    runner: RunnerConfigSchema,
    api: ApiConfigSchema,
    retention: RetentionConfigSchema,
    lineage: LineageConfigSchema,
    engine: Type.Object(
      {
        memory_limit: textField({
          description: 'Memory the analytical engine may use before it spills to `temp_directory`.',
          pattern: '^\\d+ ?([KMG]i?B)$',
          default: '128MB',
          'x-expects': 'a size such as 128MB or 1GB',
        }),
        threads: Type.Integer({ description: 'Threads of the analytical engine.', minimum: 1, maximum: 256, default: 1 }),
        temp_directory: Type.Optional(
          pathField({ description: "Directory for spilled rows; the system's temporary directory if absent." }),
        ),
      },
      { ...closed, default: {}, description: 'The analytical engine (DuckDB) that aggregates.' },
    ),
    aggregations: Type.Object(
      {
        directories: Type.Array(pathField({ description: 'Directory of aggregation folders.' }), {
          description: "Directories with aggregations of one's own, read after the built-in ones.",
          default: [],
        }),
      },
      { ...closed, default: {}, description: 'Which aggregations there are.' },
    ),
    metrics: Type.Object(
      {
        keep_labels: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })), {
          description: 'Per metric, the labels that stay part of its name, as in `http_requests_total{code="500"}`.',
          default: {},
        }),
        resource_rules: Type.Array(ResourceRuleSchema, {
          description: 'How a row finds its resource: the first rule that applies.',
          default: defaultResourceRules,
        }),
      },
      { ...closed, default: {}, description: 'How metrics become rows.' },
    ),
    patterns: Type.Object(PatternsConfigSchema.properties, { ...closed, default: {}, description: 'How log lines become patterns.' }),
    knowledge: KnowledgeConfigSchema,
    logging: Type.Object(
      {
        level: Type.Union(
          (['debug', 'info', 'warn', 'error'] as const).map((level) => Type.Literal(level)),
          { description: 'Least important level that is written.', default: 'info' },
        ),
        format: Type.Union(
          (['auto', 'json', 'text'] as const).map((format) => Type.Literal(format)),
          { description: 'Lines of JSON, or of text; `auto` means text on a terminal.', default: 'auto' },
        ),
      },
      { ...closed, default: {}, description: 'The log on standard error.' },
    ),
  },
  closed,
);

/** The same schema as data. */
export const configNode = ConfigSchema as TSchema as SchemaNode;

/** A validated configuration: defaults filled in, paths absolute, durations still as text. */
export type Config = Static<typeof ConfigSchema>;
export type TenantConfig = Static<typeof TenantConfigSchema>;
