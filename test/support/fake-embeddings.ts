import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fake answers to one request instead of vectors. */
export interface Refusal {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** An OpenAI-compatible embeddings endpoint whose vectors count meanings, so that words for one thing are alike. */
export interface FakeEmbeddings extends AsyncDisposable {
  readonly url: string;
  /** Bodies and keys of the requests so far. */
  readonly requests: {
    readonly body: { model: string; input: string[]; dimensions?: number };
    readonly authorization: string | undefined;
  }[];
  /** Answers to the next requests. */
  readonly refusals: Refusal[];
}

const meanings = [
  ['slow', 'sluggish', 'latency', 'crawls'],
  ['memory', 'oom', 'heap'],
  ['database', 'mysql', 'postgres'],
  ['certificate', 'tls', 'expired'],
];

/** Starts the endpoint on a free loopback port. */
export async function startFakeEmbeddings(): Promise<FakeEmbeddings> {
  const requests: FakeEmbeddings['requests'] = [];
  const refusals: Refusal[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    requests.push({ body, authorization: request.headers.authorization });
    const refusal = refusals.shift();
    const known = request.url === '/v1/embeddings';
    // The order of the answer is not that of the texts: `index` says which is which.
    const data = (body.input as string[]).map((text, index) => ({ index, embedding: toVector(text) })).reverse();
    response.writeHead(refusal?.status ?? (known ? 200 : 404), { 'content-type': 'application/json', ...refusal?.headers });
    response.end(JSON.stringify(refusal?.body ?? { data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    refusals,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toVector(text: string): number[] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  // The last number keeps texts without any of the meanings from having no direction.
  return [...meanings.map((meaning) => words.filter((word) => meaning.includes(word)).length * 3), 0.5];
}
