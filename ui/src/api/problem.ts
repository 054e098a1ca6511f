/** What a failed request answers, or the same shape for a request that got no answer. */
export interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
}

/** A request that failed; `problem` says what happened and what can be done. */
export class RequestFailed extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Any failure as a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof RequestFailed) return error.problem;
  const detail = error instanceof Error ? error.message : 'Something unexpected happened in this page.';
  return { status: 0, detail, code: 'PAGE', remedy: 'Reload the page; if it happens again, report it with this sentence.' };
}

/** The problem of an answer that is no success; answers of something between here and the server may have no body of ours. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const { detail, code, remedy } = Object(body) as Partial<Problem>;
  return {
    status: response.status,
    detail: detail ?? `The server answered ${response.status}.`,
    code: code ?? `HTTP_${response.status}`,
    remedy: remedy ?? 'Try again; if it stays, look into the log of the server.',
  };
}
