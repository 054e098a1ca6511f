import pino from 'pino';
import { ObserveBridgeError } from '../core/error.ts';
import { maskSecrets } from '../core/secret.ts';
import { toTextLine } from './text-line.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A log with bound fields; every line is one object. `child` adds fields such as `run_id`, `tenant_id`, `job`. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

const secretKeys = ['password', 'secret', 'token', 'authorization', 'access_key', 'secret_key'];

/**
 * A log that hands complete lines, newline included, to `write`: JSON with `time` in ISO 8601, or one line of text.
 * Secret fields and passwords in addresses are masked; errors under `error` are written with code, sentence and, at level debug, their causes.
 */
export function createLogger(options: { level: Level; format: 'json' | 'text'; write: (line: string) => void }): Logger {
  const write = options.format === 'json' ? options.write : (line: string) => options.write(toTextLine(line));
  const lines = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '***' },
      serializers: { error: (error: unknown) => describeError(error, options.level === 'debug') },
    },
    { write: (line) => write(maskSecrets(line)) },
  );
  return bind(lines, {});
}

/** Fields of a line replace bound ones of the same name; the library's own children would write the name twice. */
function bind(lines: pino.Logger, bound: object): Logger {
  const at = (level: Level) => (fields: object, message: string) => lines[level]({ ...bound, ...fields }, message);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => bind(lines, { ...bound, ...fields }),
  };
}

function describeError(error: unknown, withCauses: boolean): object {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ObserveBridgeError ? { code: error.code, stage: error.stage } : {};
  if (!withCauses) return { ...code, message };
  return { ...code, message, causes: listCauses(error) };
}

/** The messages of the errors below an error, outermost first; at most ten. */
export function listCauses(error: unknown): string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && causes.length < 10) {
    causes.push(maskSecrets(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
