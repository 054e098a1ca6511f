import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import { toMicros } from '../core/time.ts';
import type { EmbeddingsConfig } from './config.ts';

/** Turns texts into vectors that can be compared with each other. */
export interface Embedder {
  /** Names what made a vector; only vectors of one name can be compared. */
  readonly model: string;
  /** Texts of one call of `embed` that make one request. */
  readonly batchSize: number;
  /**
   * One vector of length 1 per text, in their order. Rejects with `OB_EMBEDDINGS_UNAVAILABLE` when the service does not answer after `attempts`
   * requests (four if absent) and with `OB_EMBEDDINGS_REFUSED` when it refuses or its answer makes no sense.
   */
  embed(texts: readonly string[], options?: { readonly signal?: AbortSignal; readonly attempts?: number }): Promise<number[][]>;
}

/** The edges of the process that an embedder needs. */
export interface EmbedderDeps {
  readonly fetch: typeof fetch;
  /** Resolves after so many milliseconds, or as soon as the signal fires. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<unknown>;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** A client of an OpenAI-compatible embeddings endpoint. Neither texts nor the key reach an error or a log. */
export function createEmbedder(config: EmbeddingsConfig, { fetch, wait }: EmbedderDeps): Embedder {
  const { model, dimensions } = config;
  const url = `${config.url.replace(/\/+$/, '')}/embeddings`;
  const { host } = new URL(url);
  const headers = { 'content-type': 'application/json', ...(config.api_key ? { authorization: `Bearer ${config.api_key}` } : {}) };

  const ask = async (input: readonly string[], signal: AbortSignal | undefined): Promise<unknown> => {
    const timeout = AbortSignal.timeout(toMicros(config.timeout) / 1000);
    const response = await fetch(url, {
      ...{ method: 'POST', headers, redirect: 'manual', signal: signal ? AbortSignal.any([signal, timeout]) : timeout },
      body: JSON.stringify({ model, input, encoding_format: 'float', ...(dimensions ? { dimensions } : {}) }),
    });
    if (response.ok) return response.json();
    await response.body?.cancel();
    if (response.status !== 408 && response.status !== 429 && response.status < 500)
      throw refused(host, `answers with status ${response.status}`);
    throw new Postponed(response.status, Number(response.headers.get('retry-after')) * 1000 || 0);
  };

  const askPatiently = async (input: readonly string[], attempts: number, signal: AbortSignal | undefined): Promise<unknown> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(input, signal);
      } catch (error) {
        throwIfAborted(signal);
        if (error instanceof ObserveBridgeError) throw error;
        if (attempt >= attempts) {
          const why = error instanceof Postponed ? `answers with status ${error.status}` : 'does not answer';
          throw new ObserveBridgeError('OB_EMBEDDINGS_UNAVAILABLE', 'read', `The embeddings service ${host} ${why}.`, error);
        }
        const asked = error instanceof Postponed ? error.pauseMs : 0;
        await wait(Math.min(LONGEST_PAUSE_MS, Math.max(asked, FIRST_PAUSE_MS * 2 ** (attempt - 1))), signal);
        throwIfAborted(signal);
      }
    }
  };

  return {
    model: dimensions ? `${model}/${dimensions}` : model,
    batchSize: config.batch_size,
    async embed(texts, { signal, attempts = ATTEMPTS } = {}) {
      const vectors: number[][] = [];
      for (let at = 0; at < texts.length; at += config.batch_size) {
        const batch = texts.slice(at, at + config.batch_size);
        vectors.push(...readVectors(await askPatiently(batch, attempts, signal), batch.length, host));
      }
      return vectors;
    },
  };
}

/** An answer that asks to come again. */
class Postponed extends Error {
  readonly status: number;
  readonly pauseMs: number;

  constructor(status: number, pauseMs: number) {
    super(`status ${status}`);
    this.status = status;
    this.pauseMs = pauseMs;
  }
}

/** The vectors of an answer in the order of the texts, scaled to length 1: their scalar product is then their similarity. */
function readVectors(answer: unknown, count: number, host: string): number[][] {
  const { data } = Object(answer) as { data?: unknown };
  const vectors: number[][] = [];
  for (const [place, item] of (Array.isArray(data) ? data : []).entries()) {
    const { index = place, embedding } = Object(item) as { index?: unknown; embedding?: unknown };
    const isVector = Array.isArray(embedding) && embedding.every((part) => typeof part === 'number' && Number.isFinite(part));
    const length = isVector ? Math.hypot(...embedding) : 0;
    if (!isVector || !Number.isInteger(index) || length === 0) throw refused(host, 'answers with something else than vectors');
    vectors[Number(index)] = embedding.map((part: number) => part / length);
  }
  const [first] = vectors;
  const isComplete =
    vectors.length === count && Array.from(vectors).every((vector) => vector !== undefined && vector.length === first?.length);
  if (!isComplete) throw refused(host, `does not answer with one vector for each of ${count} texts`);
  return vectors;
}

function refused(host: string, what: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_EMBEDDINGS_REFUSED', 'read', `The embeddings service ${host} ${what}.`);
}
