import { type Static, Type } from 'typebox';
import { ObserveBridgeError } from '../core/error.ts';

const ignoredByDefault = [
  'time',
  'timestamp',
  '@timestamp',
  '_timestamp',
  'ts',
  'trace_id',
  'span_id',
  'traceid',
  'spanid',
  'traceId',
  'spanId',
  'trace_flags',
  'request_id',
  'requestId',
];

/** What a user may say about log patterns. */
export const PatternsConfigSchema = Type.Object(
  {
    ignore_fields: Type.Array(Type.String(), {
      default: ignoredByDefault,
      description: 'Names of JSON and logfmt fields that never take part in a pattern.',
    }),
    extra_masks: Type.Array(Type.String(), {
      default: [],
      description: 'Regular expressions (JavaScript, unicode) whose match in a message is always a variable.',
    }),
    max_tokens: Type.Integer({
      default: 256,
      minimum: 1,
      maximum: 256,
      description: 'Tokens of a line that take part in its pattern; what follows is one variable.',
    }),
    max_signatures: Type.Integer({
      default: 50_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Distinct shapes held in memory; a new shape beyond them gets a coarser pattern and is counted.',
    }),
  },
  { additionalProperties: false, description: 'How log lines become patterns.' },
);
export type PatternsConfig = Static<typeof PatternsConfigSchema>;

/** The configuration a user gets who says nothing. */
export const defaultPatternsConfig: PatternsConfig = {
  ignore_fields: ignoredByDefault,
  extra_masks: [],
  max_tokens: 256,
  max_signatures: 50_000,
};

/** Compiles `extra_masks`; throws `OB_CONFIG_INVALID` naming the expression that does not compile. */
export function toMasks(config: PatternsConfig): RegExp[] {
  return config.extra_masks.map((source) => {
    try {
      return new RegExp(source, 'gu');
    } catch (error) {
      const message = `patterns.extra_masks holds "${source}", which is not a valid regular expression.`;
      throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', message, error);
    }
  });
}
