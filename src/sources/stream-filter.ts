import { type Static, Type } from 'typebox';

const patterns = (description: string, initial: string[]) => Type.Array(Type.String({ minLength: 1 }), { description, default: initial });

/** Configuration of which streams of a source are read. */
export const StreamFilterSchema = Type.Object(
  {
    include: patterns(
      'Patterns of the streams that are read, where `*` stands for any characters: `k8s_*`, or with the type `metrics/http_*`.',
      ['*'],
    ),
    exclude: patterns('Patterns of streams that are not read, also where they are included.', []),
  },
  { additionalProperties: false, default: {}, description: 'Which streams are read; all by default.' },
);
export type StreamFilterConfig = Static<typeof StreamFilterSchema>;

/** Tells whether a stream is read; `type` is OpenObserve's name of the kind of stream (`logs`, `metrics`, `traces`). */
export function createStreamFilter(config: Partial<StreamFilterConfig> = {}): (type: string, stream: string) => boolean {
  const included = toExpression(config.include ?? ['*']);
  const excluded = toExpression(config.exclude ?? []);
  const matches = (expression: RegExp, type: string, stream: string) => expression.test(stream) || expression.test(`${type}/${stream}`);
  return (type, stream) => matches(included, type, stream) && !matches(excluded, type, stream);
}

/** `*` does not reach across the slash, so that `*` alone means every name and `metrics/*` one type. */
function toExpression(patterns: readonly string[]): RegExp {
  const alternatives = patterns.map((pattern) => pattern.split('*').map(escapeExpression).join('[^/]*'));
  return alternatives.length === 0 ? /(?!)/ : new RegExp(`^(?:${alternatives.join('|')})$`);
}

const escapeExpression = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
