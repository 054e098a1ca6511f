import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime, type Micros, SECOND } from '../../core/time.ts';
import { createSerial } from '../../store/serial.ts';
import { authorize, maySee } from '../access.ts';
import { StreamQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { createRunFeed } from '../run-feed.ts';

const HEARTBEAT_MS = 15_000;
/** A token that was revoked or narrowed tells for so long at most. */
const GRANTED: Micros = 5 * SECOND;
/** Streams of one token, so that others are told too. */
const MOST_PER_TOKEN = 50;
/** A listener that is so far behind is cut off and may begin again. */
const MOST_BUFFERED = 1_000_000;

/** Live changes of runs, as server-sent events. */
export function addStreamRoutes(server: Api, deps: ApiDeps): void {
  const { db, now, logger } = deps;
  const feed = createRunFeed({ db, onError: (error) => logger.warn({ error }, 'the runs could not be looked at') });
  const open = new Set<PassThrough>();
  const listening = new Map<string, number>();
  const countIn = (name: string): (() => void) => {
    const count = listening.get(name) ?? 0;
    if (count >= MOST_PER_TOKEN)
      throw new ObserveBridgeError('OB_API_BUSY', 'usage', `${MOST_PER_TOKEN} listeners of one token follow the runs already.`);
    listening.set(name, count + 1);
    return () => {
      const rest = (listening.get(name) ?? 1) - 1;
      if (rest === 0) listening.delete(name);
      else listening.set(name, rest);
    };
  };
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
      const leaveToken = countIn(request.access?.name ?? '');
      const stream = new PassThrough();
      stream.once('close', leaveToken);
      open.add(stream);
      stream.once('close', () => open.delete(stream));
      request.raw.once('close', () => stream.destroy());
      const isVisible = (tenant: string): boolean => maySee(request, tenant) && (tenantId === undefined || tenant === tenantId);
      const write = (event: string, content: unknown): void => {
        if (stream.writableLength > MOST_BUFFERED) stream.destroy();
        else if (stream.writable) stream.write(`event: ${event}\ndata: ${JSON.stringify(content)}\n\n`);
      };
      const inOrder = createSerial();
      let grantedAt = now();
      const whileGranted = (tell: () => void): Promise<void> =>
        inOrder(async () => {
          if (now() - grantedAt >= GRANTED) {
            await authorize(deps, request);
            grantedAt = now();
          }
          tell();
        }).catch((error: unknown) => {
          if (!(error instanceof ObserveBridgeError) || error.stage !== 'usage') logger.warn({ error }, 'a stream could not be told');
          // Whoever may still listen begins again.
          stream.end();
        });
      const leave = await feed
        .listen((changed) => {
          void whileGranted(() => {
            for (const run of changed) if (isVisible(run.tenant_id)) write('run', run);
          });
        })
        .catch((error: unknown) => {
          stream.destroy();
          throw error;
        });
      const heartbeat = setInterval(() => void whileGranted(() => write('heartbeat', { as_of: formatTime(now()) })), HEARTBEAT_MS);
      const end = (): void => {
        clearInterval(heartbeat);
        leave();
      };
      // It may have gone while it waited.
      if (stream.destroyed) end();
      else stream.once('close', end);
      write('open', { as_of: formatTime(now()) });
      // The contract names the text that a client reads, not the stream that carries it.
      const untyped = reply as unknown as FastifyReply;
      return untyped.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no').send(stream);
    },
  );
}
