import { type Static, Type } from 'typebox';

const duration = (description: string) => Type.Optional(Type.String({ pattern: '^(\\d+(ms|s|m|h|d))+$', description }));

const PartialColumn = Type.Union([
  Type.Object(
    {
      key: Type.Union([Type.Literal('minute'), Type.Literal('resource'), Type.Literal('text'), Type.Literal('pattern')], {
        description:
          'Part of the row’s identity: the minute (minutes since 1970), a resource id, a text, or the number that log_pattern() gave.',
      }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      merge: Type.Union(
        ['sum', 'min', 'max', 'sketch', 'first'].map((name) => Type.Literal(name)),
        {
          description: 'How two rows of one identity become one. `first` keeps the value of the row with the smallest `by` column.',
        },
      ),
      by: Type.Optional(Type.String({ description: 'For `first`: the column that decides.' })),
    },
    { additionalProperties: false },
  ),
]);

const OutputColumn = Type.Object(
  {
    type: Type.Union(
      ['timestamp', 'bigint', 'double', 'text', 'severity'].map((name) => Type.Literal(name)),
      { description: 'Type of the table’s column; `severity` writes a rank as its word.' },
    ),
    key: Type.Optional(Type.Literal(true, { description: 'Belongs to the primary key.' })),
    column: Type.Optional(Type.String({ description: 'The merged partial as it is.' })),
    rate: Type.Optional(Type.String({ description: 'The partial divided by the seconds of the width.' })),
    ratio: Type.Optional(
      Type.Array(Type.String(), { minItems: 2, maxItems: 2, description: 'One partial divided by another; null when that is zero.' }),
    ),
    quantile: Type.Optional(Type.String({ description: 'A sketch’s quantile `q`, times `scale`.' })),
    q: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    scale: Type.Optional(Type.Number()),
    evidence: Type.Optional(Type.String({ description: 'Points to a locator made from a partial `weight|timestamp|trace id|stream`.' })),
  },
  { additionalProperties: false },
);

/** What an aggregation’s `contract.yaml` says. */
export const ContractSchema = Type.Object(
  {
    grain: Type.String({ description: 'What one row of the table stands for.' }),
    reads: Type.Union([Type.Literal('logs'), Type.Literal('spans'), Type.Literal('metric_points')], {
      description: 'The canonical table that the query reads.',
    }),
    lookback: duration('How far before the window rows are read as context.'),
    lookahead: duration('How far after the window rows are read as context.'),
    width: Type.String({ pattern: '^(\\d+(ms|s|m|h|d))+$', description: 'Bucket of the table: whole minutes that divide an hour.' }),
    partials: Type.Record(Type.String(), PartialColumn, { description: 'Columns of the query, one row per minute and identity.' }),
    output: Type.Record(Type.String(), OutputColumn, { description: 'Columns of the table.' }),
  },
  { additionalProperties: false },
);
export type Contract = Static<typeof ContractSchema>;
export type OutputColumnContract = Static<typeof OutputColumn>;
export type PartialColumnContract = Static<typeof PartialColumn>;
