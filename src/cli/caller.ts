import type { Command } from 'commander';
import { ObserveBridgeError } from '../core/error.ts';
import { createRunId, parseRunId } from '../core/run-id.ts';
import { maskSecrets } from '../core/secret.ts';
import { parseTraceparent } from '../core/trace-context.ts';
import type { Caller, Origin } from '../core/trigger.ts';
import type { CliDeps } from './command.ts';

/** What the command line says about the orchestrator that called it. */
export interface CallerOptions {
  readonly runId?: string;
  readonly originSystem?: string;
  readonly originName?: string;
  readonly originUrl?: string;
}

/** Adds the options that `toCaller` reads. */
export function addCallerOptions(command: Command): Command {
  return command
    .option('--run-id <uuid>', 'Id of the calling orchestrator; OBSERVEBRIDGE_RUN_ID or a new one if absent.')
    .option('--origin-system <name>', 'What the orchestrator is, such as argo or airflow; OBSERVEBRIDGE_ORIGIN_SYSTEM if absent.')
    .option('--origin-name <name>', 'What it calls its run; OBSERVEBRIDGE_ORIGIN_NAME if absent.')
    .option('--origin-url <url>', 'Page of its run; OBSERVEBRIDGE_ORIGIN_URL if absent.');
}

/**
 * Who called: options go before environment variables, and without either the run id is a new one. Inside tasks of Argo Workflows and
 * Airflow the origin is known by itself. Throws `OB_USAGE` for an id that is no UUID and for an address that is not http; a `TRACEPARENT`
 * that breaks the rules is left out with a warning on standard error.
 */
export function toCaller(options: CallerOptions, deps: CliDeps): Caller {
  const { variables } = deps.environment;
  const given = options.runId ?? (variables.OBSERVEBRIDGE_RUN_ID || undefined);
  const runId = given === undefined ? createRunId(Math.floor(deps.now() / 1000), deps.random()) : parseRunId(given);
  if (runId === undefined) throw new ObserveBridgeError('OB_USAGE', 'usage', `${given} is not a valid UUID.`);
  const origin = toOrigin(options, variables) ?? detectOrigin(variables);
  const traceparent = variables.TRACEPARENT?.trim() || undefined;
  const isTraced = traceparent !== undefined && parseTraceparent(traceparent) !== undefined;
  if (traceparent !== undefined && !isTraced) {
    deps.stderr.write(`TRACEPARENT is not a W3C trace context and is left out. run_id=${runId}\n`);
  }
  return { runId, ...(origin ? { origin } : {}), ...(isTraced ? { traceparent } : {}) };
}

/** The fields of a caller that every log line carries: `run_id`, and `trace_id` where it told its trace. */
export function toLogFields({ runId, traceparent }: Caller): object {
  const trace = parseTraceparent(traceparent ?? '');
  return { run_id: runId, ...(trace ? { trace_id: trace.traceId } : {}) };
}

type Variables = CliDeps['environment']['variables'];

function toOrigin(options: CallerOptions, variables: Variables): Origin | undefined {
  const system = (options.originSystem ?? variables.OBSERVEBRIDGE_ORIGIN_SYSTEM) || undefined;
  const name = (options.originName ?? variables.OBSERVEBRIDGE_ORIGIN_NAME) || undefined;
  const url = (options.originUrl ?? variables.OBSERVEBRIDGE_ORIGIN_URL) || undefined;
  if (system === undefined && name === undefined && url === undefined) return undefined;
  // People follow the address from reports and the console, so a script must not hide in it.
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
    throw new ObserveBridgeError('OB_USAGE', 'usage', `The origin's address ${maskSecrets(url)} is not an http:// or https:// address.`);
  }
  return {
    ...(system === undefined ? {} : { system }),
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url: maskSecrets(url) }),
  };
}

/** What Airflow tells every task process, and Argo Workflows every container. */
function detectOrigin(variables: Variables): Origin | undefined {
  const { AIRFLOW_CTX_DAG_ID: dag, AIRFLOW_CTX_DAG_RUN_ID: dagRun, ARGO_WORKFLOW_NAME: workflow, ARGO_NODE_ID: node } = variables;
  if (dag) return { system: 'airflow', name: dagRun ? `${dag}/${dagRun}` : dag };
  const name = workflow || node;
  return name ? { system: 'argo', name } : undefined;
}
