import { Type } from 'typebox';
import { durationField } from '../core/config-field.ts';

/** The jobs there are, in the order in which they feed each other. */
export const jobNames = ['oo-agg', 'age-refresh', 'roll-up', 'topo-iac', 'topo-ansible', 'prune'] as const;
export type JobName = (typeof jobNames)[number];

interface JobDefaults {
  readonly description: string;
  readonly align: string;
  readonly settle: string[];
  readonly max_batch: number;
  readonly after: JobName[];
  readonly catch_up?: 'all' | 'last' | 'none';
}

function jobSchema(defaults: JobDefaults) {
  return Type.Object(
    {
      align: durationField({ description: 'Length of one window; windows begin at its multiples, in UTC.', default: defaults.align }),
      delay: Type.Optional(
        durationField({
          description: 'How long after its end a window is read; by default what the source needs until its rows are there.',
        }),
      ),
      settle: Type.Array(durationField({ description: 'Length of time after the end of the window.' }), {
        description: 'How long after its end a finished window is read again for late rows.',
        default: defaults.settle,
      }),
      max_batch: Type.Integer({
        description: 'How many contiguous windows one read may cover while catching up.',
        minimum: 1,
        maximum: 1440,
        default: defaults.max_batch,
      }),
      initial_lookback: durationField({ description: 'Where a new tenant starts, counted back from now.', default: '1h' }),
      catch_up: Type.Union(
        (['all', 'last', 'none'] as const).map((policy) => Type.Literal(policy)),
        {
          description: 'What happens to windows that were missed: all are run, only the last, or none.',
          default: defaults.catch_up ?? 'all',
        },
      ),
      max_age: durationField({ description: 'Windows that ended longer ago than this are not run by themselves.', default: '7d' }),
      timeout: durationField({ description: 'After this long a read is given up and tried again.', default: '10m' }),
      concurrency: Type.Integer({
        description: 'How many reads of the job and one tenant run at once.',
        minimum: 1,
        maximum: 64,
        default: 1,
      }),
      after: Type.Array(Type.Union(jobNames.map((name) => Type.Literal(name))), {
        description: 'Jobs whose same window must have succeeded first.',
        default: defaults.after,
      }),
    },
    { additionalProperties: false, default: {}, description: defaults.description },
  );
}

const AGE_REFRESH = 'Projects the recent service calls into the graph.';
const ageRefresh = jobSchema({
  description: AGE_REFRESH,
  align: '5m',
  settle: [],
  max_batch: 1,
  after: ['oo-agg'],
  catch_up: 'last',
});

/** What the user may say about each job. */
export const JobsConfigSchema = Type.Object(
  {
    'oo-agg': jobSchema({
      description: 'Aggregates telemetry into metrics, service calls and log patterns.',
      align: '1m',
      settle: ['15m', '6h'],
      max_batch: 60,
      after: [],
    }),
    'age-refresh': Type.Object(
      {
        ...ageRefresh.properties,
        struct_edges: Type.Boolean({
          description: 'Whether the graph also shows the declared topology, as `:STRUCT` edges.',
          default: false,
        }),
      },
      { additionalProperties: false, default: {}, description: AGE_REFRESH },
    ),
    'roll-up': jobSchema({
      description: 'Sums up metrics, calls and log patterns of whole hours and days, from which views of long ranges are answered.',
      align: '1h',
      settle: [],
      max_batch: 1,
      after: ['oo-agg'],
      catch_up: 'last',
    }),
    'topo-iac': jobSchema({
      description: 'Reads the topology that infrastructure code declares.',
      align: '15m',
      settle: [],
      max_batch: 1,
      after: [],
      catch_up: 'last',
    }),
    'topo-ansible': jobSchema({
      description: 'Reads the topology that Ansible declares.',
      align: '1h',
      settle: [],
      max_batch: 1,
      after: [],
      catch_up: 'last',
    }),
    prune: jobSchema({
      description: 'Removes what `retention` no longer keeps.',
      align: '1h',
      settle: [],
      max_batch: 1,
      after: [],
      catch_up: 'last',
    }),
  },
  { additionalProperties: false, default: {}, description: 'When each job runs and how much it takes at once.' },
);

/** How long a window waits for its rows when neither user nor job says so, by `type` of the source. */
export const defaultDelays = { openobserve_api: '2m', openobserve_files: '35m', otlp_files: '10s', mock: '2m' } as const;
