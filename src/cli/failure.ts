import { CommanderError } from 'commander';
import { ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';
import { maskSecrets } from '../core/secret.ts';
import { listCauses } from '../telemetry/logger.ts';
import { toJson } from './json.ts';

/** What a thrown value means to the user; a mistake on the command line becomes `OB_USAGE`. */
export function toFailure(error: unknown): ObserveBridgeError {
  if (!(error instanceof CommanderError)) return toObserveBridgeError(error);
  const sentence = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new ObserveBridgeError(
    'OB_USAGE',
    'usage',
    `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/([.?)])\.$/, '$1'),
  );
}

/** What a plain line says about the invocation it belongs to; empty without a run id. */
export function formatRunId(runId: string | undefined): string {
  return runId === undefined ? '' : ` run_id=${runId}`;
}

/** 2 for a mistake on the command line, else 1. */
export function toExitCode(failure: ObserveBridgeError): number {
  return failure.stage === 'usage' ? 2 : 1;
}

/**
 * One sentence, what to do, and the code; with `verbose` the causes below it; with a run id that id on every line. As JSON one line with
 * `run_id` and an `error` object.
 */
export function formatFailure(
  failure: ObserveBridgeError,
  options: { output: 'table' | 'json'; verbose: boolean; runId: string | undefined },
): string {
  const { code, stage, retryable, remedy } = failure;
  const message = maskSecrets(failure.message);
  const causes = options.verbose ? listCauses(failure) : [];
  if (options.output === 'json') {
    const body = { code, stage, message, remedy, retryable, ...(options.verbose ? { causes } : {}) };
    return `${toJson({ run_id: options.runId, error: body })}\n`;
  }
  const lines = [message, `${remedy} (${code})`, ...causes.map((cause) => `  caused by ${cause}`)];
  return lines.map((line) => `${line}${formatRunId(options.runId)}\n`).join('');
}
