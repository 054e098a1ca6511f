import { RequestFailed, readProblem } from './problem.ts';
import { getToken, refuseToken } from './token.ts';

/** Fields of a query string; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A request: `body` goes as JSON and makes it a POST. */
export interface Ask {
  readonly query?: Query | undefined;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Statuses whose answer is one although they are no success. */
  readonly accept?: readonly number[];
  /** Instead of the token of this tab. */
  readonly token?: string;
}

/** The address of a path with its query. */
export function toAddress(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** Sends a request with the token of this tab. Rejects with `RequestFailed` when the server refuses or cannot be reached. */
export async function send(path: string, { query, method, body, signal, accept = [], token = getToken() }: Ask = {}): Promise<Response> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(toAddress(path, query), {
    ...{ headers, method: method ?? (body === undefined ? 'GET' : 'POST'), credentials: 'omit', signal: signal ?? null },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new RequestFailed({
      ...{ status: 0, code: 'UNREACHABLE', detail: 'The server cannot be reached.' },
      remedy: 'Check that it runs and that this machine is connected; the page asks again by itself.',
    });
  });
  if (response.ok || accept.includes(response.status)) return response;
  if (response.status === 401) refuseToken(token);
  throw new RequestFailed(await readProblem(response));
}

/** The JSON answer of a request; `Answer` is a type of the contract. */
export async function ask<Answer>(path: string, options: Ask = {}): Promise<Answer> {
  const response = await send(path, options);
  return (await response.json()) as Answer;
}
