import { ObserveBridgeError } from '../../core/error.ts';

/**
 * What a failed request asks for: the same once more, a shorter time range, taking the stream as empty, leaving out a column, or giving up.
 */
export type Verdict = 'again' | 'narrow' | 'empty' | 'column' | 'final';

/** A request that failed, with what can be done about it. `error` is what the user gets if nothing helps. */
export class RequestFailure extends Error {
  readonly verdict: Verdict;
  readonly error: ObserveBridgeError;
  /** What OpenObserve said; it may quote the statement, never rows. */
  readonly said: string;
  /** Milliseconds that the server asks to wait. */
  readonly waitMs: number | undefined;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;

  constructor(verdict: Verdict, error: ObserveBridgeError, answer: { said?: string; waitMs?: number | undefined; status?: number } = {}) {
    super(error.message, { cause: error });
    this.verdict = verdict;
    this.error = error;
    this.said = answer.said ?? '';
    this.waitMs = answer.waitMs;
    this.status = answer.status;
  }
}

/** What each of OpenObserve's own codes asks for; others go by the HTTP status. */
const VERDICTS: Readonly<Record<number, Verdict>> = {
  10001: 'again',
  20001: 'final',
  20002: 'empty',
  20003: 'final',
  20004: 'column',
  20005: 'final',
  20006: 'again',
  20007: 'final',
  20008: 'again',
  20009: 'again',
  20010: 'narrow',
  20011: 'final',
  20012: 'again',
  20013: 'final',
};

interface ErrorBody {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly error_detail?: unknown;
}

/** Tells from status and body of an answer that is not 200 what it asks for. Codes and their meaning are those of OpenObserve 0.92. */
export function toFailure(what: string, status: number, body: string, retryAfter: string | undefined): RequestFailure {
  const parsed = parseBody(body);
  const code = typeof parsed?.code === 'number' ? parsed.code : undefined;
  const said = parsed === undefined ? '' : [parsed.message, parsed.error_detail].filter((text) => typeof text === 'string').join(' ');
  if (status === 401 || status === 403 || code === 401) {
    const reason = status === 401 || code === 401 ? 'does not accept the user and password' : 'does not let this user read';
    return new RequestFailure('final', new ObserveBridgeError('OB_SOURCE_AUTH', 'read', `${what}: OpenObserve ${reason}.`), { status });
  }
  const verdict = VERDICTS[code ?? 0] ?? toVerdict(status, parsed);
  const number = code === undefined || code === status ? `HTTP ${status}` : `HTTP ${status}, code ${code}`;
  const cause = said === '' ? undefined : new Error(said);
  const error =
    verdict === 'again' || verdict === 'narrow'
      ? new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', `${what}: OpenObserve answers with ${number}.`, cause)
      : new ObserveBridgeError('OB_SOURCE_REFUSED', 'read', `${what}: OpenObserve refuses the request with ${number}.`, cause);
  const seconds = Number(retryAfter);
  return new RequestFailure(verdict, error, {
    said,
    status,
    waitMs: retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : undefined,
  });
}

function toVerdict(status: number, parsed: ErrorBody | undefined): Verdict {
  if (status === 408) return 'narrow';
  if (status === 429 || status >= 500) return 'again';
  // Errors without a code of their own, such as a lock that was not free or no querier online, come as 400 whose body repeats the status.
  return status === 400 && parsed?.code === 400 ? 'again' : 'final';
}

function parseBody(body: string): ErrorBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
