import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** What is done to a request instead of, or before, passing it on; false passes it on. */
export type Intercept = (asked: IncomingMessage, answer: ServerResponse) => boolean | Promise<boolean>;

/** A loopback proxy before an S3 server that counts requests and can break them. */
export interface S3Proxy extends AsyncDisposable {
  readonly endpoint: string;
  /** `GET /bucket/key` of every request so far, with `(range)` behind those for a part. */
  readonly requests: string[];
  /** Looks at every request from now on. */
  intercept(next: Intercept | undefined): void;
}

/** Starts a proxy on a free port. */
export async function startS3Proxy(upstream: string): Promise<S3Proxy> {
  const requests: string[] = [];
  let intercept: Intercept | undefined;
  const server = createServer(async (asked, answer) => {
    const [path = ''] = (asked.url ?? '').split('?');
    requests.push(`${asked.method} ${decodeURIComponent(path)}${asked.headers.range === undefined ? '' : ' (range)'}`);
    if (await intercept?.(asked, answer)) return;
    const { hostname, port } = new URL(upstream);
    const passed = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    intercept(next) {
      intercept = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
