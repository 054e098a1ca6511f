/** What queued a window, and how urgent that is: higher runs first, so that live windows go before backfills. */
export const priorities = { cli: 40, event: 30, schedule: 20, settle: 10, backfill: 0 } as const;

export type Trigger = keyof typeof priorities;

/** The orchestrator that a run id comes from, as far as it told. */
export interface Origin {
  /** Such as `argo` or `airflow`. */
  readonly system?: string;
  /** What it calls its run, such as a workflow's name. */
  readonly name?: string;
  readonly url?: string;
}

/** Who asked: the correlation id that every window of the request shares, and where it comes from. The id need not be unique. */
export interface Caller {
  /** Canonical UUID. */
  readonly runId: string;
  readonly origin?: Origin;
  /** W3C trace context of the caller. */
  readonly traceparent?: string;
}
