import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { throwIfAborted } from '../../core/error.ts';
import { fieldOf, textOf } from '../fields.ts';
import type { AlibabaTopologyConfig } from './config.ts';

/** Calls an action of the resource centre and gives the body of its answer. */
export type CallResourceCenter = (action: string, input: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<unknown>;

/** A call that was refused or not answered: only codes, as the words of the answer may name users, keys and values. */
export class ResourceCenterError extends Error {
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, status: number | undefined) {
    super(
      status === undefined ? `no answer (${code})` : `${isThrottled(code) ? 'too many requests' : 'refused'} (${code}, HTTP ${status})`,
    );
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 200;
const TIMEOUT_MS = 30_000;

/** Loads the library and creates the call, which tries again when there were too many requests or no answer, and rejects with a `ResourceCenterError`. */
export function connectResourceCenter(config: AlibabaTopologyConfig): CallResourceCenter {
  // A CommonJS module that was compiled from one with a default export: only `require` gives the same thing everywhere.
  const library: Library = createRequire(import.meta.url)('@alicloud/openapi-client');
  const url = new URL(config.endpoint ?? 'https://resourcecenter.aliyuncs.com');
  const client = new library.default(
    new library.Config({
      ...{ accessKeyId: config.access_key, accessKeySecret: config.secret_key, regionId: config.region },
      ...{ endpoint: url.host, protocol: url.protocol.slice(0, -1), connectTimeout: 5_000, readTimeout: TIMEOUT_MS },
    }),
  );
  return async (action, input, signal) => {
    for (let attempt = 1; ; attempt += 1) {
      throwIfAborted(signal);
      try {
        return await call(client, library, action, input, signal);
      } catch (error) {
        throwIfAborted(signal);
        const failure = toFailure(error);
        const isPassing = failure.status === undefined || failure.status >= 500 || isThrottled(failure.code);
        if (!isPassing || attempt >= ATTEMPTS) throw failure;
        await wait(FIRST_WAIT_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => throwIfAborted(signal));
      }
    }
  };
}

type Library = typeof import('@alicloud/openapi-client');

async function call(
  client: InstanceType<Library['default']>,
  library: Library,
  action: string,
  input: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const params = new library.Params({
    ...{ action, version: '2022-12-01', style: 'RPC', method: 'POST', pathname: '/', authType: 'AK' },
    ...{ protocol: 'HTTPS', reqBodyType: 'formData', bodyType: 'json' },
  });
  // The library cannot be stopped: what it still does after a cancellation ends with its own timeouts.
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { body } = await Promise.race([
      client.callApi(params, new library.OpenApiRequest({ query: input }), { toMap: () => ({}) }),
      stopped,
    ]);
    return body;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function toFailure(error: unknown): ResourceCenterError {
  const status = Number(fieldOf(error, 'data', 'statusCode'));
  const code = textOf(error, 'code') ?? (error instanceof Error ? error.name : 'Error');
  return new ResourceCenterError(code, Number.isInteger(status) ? status : undefined);
}

function isThrottled(code: string): boolean {
  return /^throttling/i.test(code);
}
