import { type TStringOptions, Type } from 'typebox';

/**
 * Annotations of configuration properties that JSON Schema has no word for. `x-path`: a file or directory that is resolved against the
 * directory of the configuration file. `x-secret`: never shown. `x-expects`: what a refused value should have been, as the object of "must be".
 */
export interface FieldOptions extends TStringOptions {
  readonly description: string;
  readonly 'x-path'?: boolean;
  readonly 'x-secret'?: boolean;
  readonly 'x-expects'?: string;
}

/** A string property. */
export function textField(options: FieldOptions) {
  return Type.String(options);
}

/** A length of time as `core/time.ts` reads it; kept as text until it is used. */
export function durationField(options: FieldOptions) {
  return Type.String({ pattern: '^(\\d+(ms|s|m|h|d))+$', 'x-expects': 'a length of time such as 90s, 1m or 1h30m', ...options });
}

/** A path; relative ones, also behind `sqlite:` and `pglite:`, are resolved against the configuration file, addresses with `://` are left alone. */
export function pathField(options: FieldOptions) {
  return Type.String({ minLength: 1, 'x-path': true, 'x-expects': 'a path', ...options });
}
