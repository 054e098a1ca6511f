import { type Static, Type } from 'typebox';
import { severities } from '../../core/severity.ts';
import { trends } from '../../store/pattern-list.ts';
import { LocatorSchema } from './evidence.ts';
import { answeredRange, asOf, closed, listOf, listQuery, named, nullable, oneOf, range, tenantId, time } from './shape.ts';

const severity = nullable(oneOf(severities, { description: 'Worst level of the lines; null when none has a level.' }));
const text = nullable(Type.String());

export const PatternSchema = Type.Object({
  service: Type.String(),
  resource: Type.String({ description: 'URN of the service.' }),
  fingerprint: Type.String(),
  template: Type.String(),
  trend: oneOf(trends, { description: '`new`: no line before the range. `surging`: far above the day before. Else `steady`.' }),
  severity,
  lines: Type.Number({ description: 'Lines in the range.' }),
  errors: Type.Number({ description: 'Lines among them of severity error or worse.' }),
  ratio: nullable(Type.Number({ description: 'Rate in the range over the rate of the baseline; null when the baseline has none.' })),
  baseline_minutes: Type.Number({ description: 'Minutes of the day before in which the tenant has lines at all.' }),
  first_seen: time('In any service.'),
  last_seen: time('In any service.'),
  sample: text,
  evidence_stream: text,
  evidence_query: text,
  evidence_url: text,
});
export type Pattern = Static<typeof PatternSchema>;

const counted = Type.Object({
  ...PatternSchema.properties,
  points: Type.Optional(
    Type.Array(Type.Number(), { description: 'Lines, or errors where those were asked for, per step up to the end of the range.' }),
  ),
});
export const PatternListSchema = Type.Object({
  ...listOf(counted).properties,
  ...answeredRange,
  points_from: Type.Optional(time('Beginning of the first of the points.')),
  step_seconds: Type.Optional(Type.Integer({ description: 'Length of a point.' })),
});
export type PatternList = Static<typeof PatternListSchema>;
export const PatternQuerySchema = listQuery({
  tenant_id: tenantId,
  ...range('the newest hour with lines'),
  service: Type.Optional(named('Only of this service: name or URN.', 2000)),
  severity: Type.Optional(oneOf(severities, { description: 'Only at least so severe; from `error` on errors are what is counted.' })),
  trend: Type.Optional(oneOf([...trends, 'changed'] as const, { description: 'Only with this trend; `changed` is new or surging.' })),
  q: Type.Optional(named('Only templates with this text, in any case.')),
  points: Type.Optional(
    Type.Boolean({
      description: 'Also count lines per step of time, up to three times the range before it, for comparison; not if absent.',
    }),
  ),
});

export const PatternServiceListSchema = Type.Object({
  ...listOf(
    Type.Object({
      service: Type.String(),
      resource: Type.String({ description: 'URN of the service.' }),
      patterns: Type.Integer({ description: 'Patterns with lines in the range.' }),
      lines: Type.Number({ description: 'Lines in the range.' }),
      errors: Type.Number({ description: 'Lines among them of severity error or worse.' }),
    }),
  ).properties,
  ...answeredRange,
});
export type PatternServiceList = Static<typeof PatternServiceListSchema>;
export const PatternServiceQuerySchema = listQuery({ tenant_id: tenantId, ...range('the newest hour with lines') });

export const PatternParamsSchema = Type.Object({ fingerprint: named('Fingerprint of a pattern, or of one that it absorbed.') }, closed);
export const PatternDetailQuerySchema = Type.Object(
  {
    tenant_id: tenantId,
    ...range('the day up to the newest line'),
    step_seconds: Type.Optional(
      Type.Integer({ minimum: 300, maximum: 2_592_000, multipleOf: 300, description: 'Length of a point; about 300 points if absent.' }),
    ),
  },
  closed,
);
export const PatternDetailSchema = Type.Object({
  fingerprint: Type.String(),
  template: Type.String(),
  version: Type.Integer({ description: 'Counts from 1 how often the asked fingerprint went over to another pattern.' }),
  severity,
  service: text,
  first_seen: time(),
  last_seen: time(),
  aliases: Type.Array(Type.Object({ fingerprint: Type.String(), template: Type.String() }), {
    description: 'Patterns that this one absorbed; the first 50.',
  }),
  samples: Type.Array(Type.String(), { description: 'Lines as they came; at most 10.' }),
  step_seconds: Type.Integer(),
  ...answeredRange,
  points: Type.Array(Type.Object({ time: time('Beginning of the point.'), lines: Type.Number(), errors: Type.Number() })),
  services: Type.Array(Type.Object({ service: Type.String(), resource: Type.String(), lines: Type.Number(), errors: Type.Number() })),
  locators: Type.Array(LocatorSchema, { description: 'Newest evidence in the range; at most 10.' }),
  as_of: asOf,
});
export type PatternDetail = Static<typeof PatternDetailSchema>;
