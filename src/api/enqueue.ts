import { randomBytes } from 'node:crypto';
import type { Static } from 'typebox';
import { ObserveBridgeError } from '../core/error.ts';
import { createRunId, parseRunId } from '../core/run-id.ts';
import { type Micros, parseTime } from '../core/time.ts';
import { parseTraceparent } from '../core/trace-context.ts';
import type { Caller, Origin, Trigger } from '../core/trigger.ts';
import type { Window } from '../core/window.ts';
import { recordTrigger } from '../store/trigger.ts';
import type { OriginSchema } from './contract.ts';
import type { ApiDeps, JobSchedule } from './deps.ts';
import { isStorable } from './list.ts';
import { invalid } from './problem.ts';

/** A request for windows, of which nothing has been looked up yet. */
export interface Asked {
  readonly job: string;
  readonly tenant_id: string;
  readonly from: string;
  readonly to: string;
}

/** A job of a tenant and a range of its windows that may be run. */
export interface Resolved {
  readonly job: string;
  readonly tenantId: string;
  readonly range: Window;
  readonly schedule: JobSchedule;
}

/** The range of two times. Throws `OB_RANGE_INVALID` unless both are times and the first is before the second. */
export function toRange(from: string, to: string): Window {
  const range = { from: parseTime(from), to: parseTime(to) };
  for (const name of ['from', 'to'] as const)
    if (range[name] === undefined || !isStorable(range[name])) throw refuse(`\`${name}\` is not a time.`);
  const { from: start = 0, to: end = 0 } = range;
  if (start >= end) throw refuse('`from` is not before `to`.');
  return { from: start, to: end };
}

/** Who asks, and what for. */
export interface Asker {
  readonly trigger: Trigger;
  readonly caller: Caller;
  readonly maySeeTenant: boolean;
  /** Windows that one request may have. */
  readonly maximum: number;
}

/**
 * Looks up job and tenant and checks the range. A refusal rejects with `OB_JOB_UNKNOWN`, `OB_TENANT_UNKNOWN` (also for a tenant the caller may
 * not see) or `OB_RANGE_INVALID`; it is recorded, but not among the requests of a tenant that the caller may not see.
 */
export async function resolveWindows(deps: Pick<ApiDeps, 'db' | 'schedules' | 'tenants'>, asked: Asked, asker: Asker): Promise<Resolved> {
  const { job, tenant_id: tenantId } = asked;
  const { trigger, caller, maySeeTenant, maximum } = asker;
  let range: Window | undefined;
  try {
    range = toRange(asked.from, asked.to);
    if (deps.schedules(job) === undefined) throw new ObserveBridgeError('OB_JOB_UNKNOWN', 'usage', `There is no job ${job}.`);
    const known = maySeeTenant && (await deps.tenants()).includes(tenantId);
    const schedule = known ? deps.schedules(job, tenantId) : undefined;
    if (schedule === undefined) throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${tenantId}.`);
    checkAlignment(range, schedule.align);
    if ((range.to - range.from) / schedule.align > maximum) throw refuse(`The range has more than ${maximum} windows.`);
    return { job, tenantId, range, schedule };
  } catch (error) {
    if (maySeeTenant && error instanceof ObserveBridgeError && error.stage === 'usage')
      await recordTrigger(deps.db, { job, tenantId, trigger, caller, ...(range ? { range } : {}) }, 'rejected', error.message);
    throw error;
  }
}

function checkAlignment(range: Window, align: Micros): void {
  for (const name of ['from', 'to'] as const) {
    if (range[name] % align !== 0) throw refuse(`\`${name}\` is not a multiple of the job's alignment of ${align / 1_000_000} seconds.`);
  }
}

function refuse(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_RANGE_INVALID', 'usage', sentence);
}

/**
 * Who asks: the id of the body, else of the header, else a new one, and the trace of the request. Throws `OB_REQUEST_INVALID` for an id that is no
 * UUID; a `traceparent` that is none is left out, as its standard asks.
 */
export function toCaller(
  body: { readonly run_id?: string | undefined; readonly origin?: Static<typeof OriginSchema> | undefined },
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  now: Micros,
): Caller {
  const given = body.run_id ?? (headers['x-run-id'] === undefined ? undefined : String(headers['x-run-id']));
  const runId = given === undefined ? createRunId(Math.floor(now / 1000), randomBytes(10)) : parseRunId(given);
  if (runId === undefined) throw invalid(`${given} is not a valid UUID.`);
  const traceparent = headers.traceparent;
  return {
    runId,
    ...(body.origin ? { origin: toOrigin(body.origin) } : {}),
    ...(typeof traceparent === 'string' && parseTraceparent(traceparent) ? { traceparent } : {}),
  };
}

/** The database refuses NUL and lone surrogates inside JSON. */
function toOrigin(origin: Static<typeof OriginSchema>): Origin {
  const entries = Object.entries(origin).map(([name, text]) => [name, text.toWellFormed().replaceAll('\0', '\uFFFD')]);
  return Object.fromEntries(entries) as Origin;
}
