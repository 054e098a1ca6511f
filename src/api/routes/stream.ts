import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { formatTime } from '../../core/time.ts';
import { maySee } from '../access.ts';
import { StreamQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { createRunFeed } from '../run-feed.ts';

const HEARTBEAT_MS = 15_000;
/** A listener that is so far behind is cut off and may begin again. */
const MOST_BUFFERED = 1_000_000;

/** Live changes of runs, as server-sent events. */
export function addStreamRoutes(server: Api, deps: ApiDeps): void {
  const { db, now, logger } = deps;
  const feed = createRunFeed({ db, onError: (error) => logger.warn({ error }, 'the runs could not be looked at') });
  const open = new Set<PassThrough>();
  server.addHook('preClose', async () => {
    feed.close();
    for (const stream of open) stream.end();
  });

  server.get(
    '/api/v1/stream',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Runs that change, as server-sent events',
        description:
          'An event `open` comes first, then `run` with a JSON object for every run that changed, and `heartbeat` every 15 seconds. What changed before is not told.',
        querystring: StreamQuerySchema,
        response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      const { tenant_id: tenantId } = request.query;
      const stream = new PassThrough();
      const isVisible = (tenant: string): boolean => maySee(request, tenant) && (tenantId === undefined || tenant === tenantId);
      const tell = (event: string, content: unknown): void => {
        if (stream.writableLength > MOST_BUFFERED) stream.destroy();
        else stream.write(`event: ${event}\ndata: ${JSON.stringify(content)}\n\n`);
      };
      const leave = await feed.listen((changed) => {
        for (const run of changed) if (isVisible(run.tenant_id)) tell('run', run);
      });
      const heartbeat = setInterval(() => tell('heartbeat', { as_of: formatTime(now()) }), HEARTBEAT_MS);
      open.add(stream);
      stream.once('close', () => {
        clearInterval(heartbeat);
        leave();
        open.delete(stream);
      });
      request.raw.once('close', () => stream.destroy());
      tell('open', { as_of: formatTime(now()) });
      // The contract names the text that a client reads, not the stream that carries it.
      const untyped = reply as unknown as FastifyReply;
      return untyped.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no').send(stream);
    },
  );
}
