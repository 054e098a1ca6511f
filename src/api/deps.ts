import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import type { ApiConfig } from '../config/service-schema.ts';
import type { EvidenceBounds, EvidencePlace, EvidenceRows } from '../core/evidence.ts';
import type { Micros } from '../core/time.ts';
import type { KnowledgeSettings } from '../jobs/knowledge/settings.ts';
import type { Access } from '../store/api-token.ts';
import type { Db } from '../store/db.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the configuration says about a job that runs by windows. */
export interface JobSchedule {
  readonly align: Micros;
  readonly delay: Micros;
  readonly maxBatch: number;
}

/** Whether the source of a tenant answers, in a sentence. */
export interface SourceFinding {
  readonly tenant: string;
  readonly ok: boolean;
  readonly text: string;
}

/** Reads the raw rows of a place from the source of a tenant, within bounds. Rejects with the errors of the source; stops when the signal fires. */
export type ReadEvidence = (
  tenantId: string,
  place: EvidencePlace,
  bounds: EvidenceBounds,
  signal: AbortSignal,
) => Promise<EvidenceRows & { readonly sourceType: string; readonly organization: string }>;

/** Answers one request of the Model Context Protocol whose JSON is `body`; the caller sees the tenants of the access. Stops when the signal fires. */
export type AnswerMcp = (
  request: Request,
  call: { readonly access: Access; readonly body: unknown; readonly signal: AbortSignal },
) => Promise<Response>;

/** What the HTTP interface asks of the rest of the program. */
export interface ApiDeps {
  readonly db: Db;
  readonly config: ApiConfig;
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => Micros;
  /** Undefined for a job that is not configured for the tenant; jobs are known before tenants, so the tenant may be absent. */
  readonly schedules: (job: string, tenantId?: string) => JobSchedule | undefined;
  readonly tenants: () => Promise<readonly string[]>;
  /** Absent where no source can be read. */
  readonly readEvidence?: ReadEvidence;
  /** Absent means the defaults of the configuration. */
  readonly knowledge?: KnowledgeSettings;
  readonly checkSources?: (signal: AbortSignal) => Promise<readonly SourceFinding[]>;
  /** Absent where agents are not answered. */
  readonly answerMcp?: AnswerMcp;
  /** Called after something was queued. */
  readonly wake: () => void;
  /** Everybody who reaches the server is an admin: only for a loopback address on the embedded database. */
  readonly open: boolean;
  /** Where the built console is; absent where none is served. */
  readonly consoleDirectory?: string;
}

/** A server, or a part of one, whose routes have TypeBox schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
