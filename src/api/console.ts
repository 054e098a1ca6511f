import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ObserveBridgeError } from '../core/error.ts';
import type { Api } from './deps.ts';

const PREFIX = '/console';

/** Scripts and requests of the console come from and go to this server only, and no other page may frame it. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Serves the built console of a directory under `/console/`, where every path that is no file is a page of it; `/` leads there. Without a built
 * console in the directory nothing is served.
 */
export function addConsole(server: Api, directory: string | undefined): void {
  if (directory === undefined || !existsSync(join(directory, 'index.html'))) return;
  for (const path of ['/', PREFIX]) server.get(path, { schema: { hide: true } }, (_request, reply) => reply.redirect(`${PREFIX}/`));
  void server.register(
    async (pages) => {
      pages.addHook('onRequest', async (_request, reply) => {
        reply.headers(headers);
      });
      await pages.register(fastifyStatic, {
        ...{ root: directory, prefix: '/', index: ['index.html'], preCompressed: true, cacheControl: false },
        setHeaders(reply, path) {
          // The names of assets are made from their content.
          const isAsset = path.includes(`${join(directory, 'assets')}`);
          reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
      pages.setNotFoundHandler((request, reply) => {
        const isPage = (request.method === 'GET' || request.method === 'HEAD') && !request.url.startsWith(`${PREFIX}/assets/`);
        if (!isPage) throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', 'There is nothing at this path.');
        return reply.sendFile('index.html');
      });
    },
    { prefix: PREFIX },
  );
}
