import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../../core/error.ts';
import { storeEvents } from '../../store/event-envelope.ts';
import { listWindowRuns } from '../../store/run-list.ts';
import { enqueueWindows } from '../../store/trigger.ts';
import { maySee } from '../access.ts';
import { eventMode, mediaType, readEvents, readJson } from '../cloud-event.ts';
import {
  CallerHeadersSchema,
  EnqueueAnswerSchema,
  EnqueueBodySchema,
  EventAnswerSchema,
  EventBodySchema,
  EventQuerySchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { resolveWindows, toCaller } from '../enqueue.ts';
import { invalid } from '../problem.ts';
import { refuseNul } from '../refuse-body.ts';

const ENQUEUE = 'dev.observebridge.enqueue';
const MAX_WINDOWS = 10_080;
const eventTypes = ['application/cloudevents+json', 'application/cloudevents-batch+json', '*/*'];

/** Events from outside: `/events/enqueue` runs windows, `/events` keeps any CloudEvent. */
export function addEventRoutes(server: Api, deps: ApiDeps): void {
  void server.register(async (instance) => {
    const events: Api = instance.withTypeProvider();
    events.removeAllContentTypeParsers();
    events.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
    addEnqueueRoute(events, deps);
    addEnvelopeRoute(events, deps);
  });
}

function addEnqueueRoute(events: Api, deps: ApiDeps): void {
  events.post(
    '/events/enqueue',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Run the windows of a range, also finished ones',
        description:
          `Plain JSON, or a CloudEvent of type \`${ENQUEUE}\` with the same object as data. \`X-Run-Id\` names the id of the caller where the ` +
          'body does not; `traceparent` is kept.',
        consumes: ['application/json', 'application/cloudevents+json'],
        headers: CallerHeadersSchema,
        body: EnqueueBodySchema,
        response: { 202: EnqueueAnswerSchema },
      },
      preValidation: async (request) => {
        request.body = readEnqueueBody(request) as typeof request.body;
        // What another program calls its runs is kept as far as it can be.
        refuseNul('the body', { ...Object(request.body), origin: undefined });
      },
    },
    async (request, reply) => {
      const caller = toCaller(request.body, request.headers, deps.now());
      const { job, tenantId, range, schedule } = await resolveWindows(deps, request.body, {
        ...{ trigger: 'event', caller, maximum: MAX_WINDOWS },
        maySeeTenant: maySee(request, request.body.tenant_id),
      });
      const answer = await deps.db.transaction(async (tx) => {
        const { align, delay } = schedule;
        const result = await enqueueWindows(tx, { job, tenantId, range, align, delay, trigger: 'event', caller });
        return { run_id: caller.runId, ...result, runs: await listWindowRuns(tx, job, tenantId, range) };
      });
      deps.wake();
      return reply.code(202).send(answer);
    },
  );
}

function readEnqueueBody(request: FastifyRequest): unknown {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (eventMode(request.headers) === undefined) {
    if (mediaType(request.headers) !== 'application/json')
      throw new ObserveBridgeError('OB_MEDIA_TYPE', 'usage', 'The body is neither JSON nor a CloudEvent.');
    return readJson(body);
  }
  const [event, ...others] = readEvents(request.headers, body);
  if (event === undefined || others.length > 0) throw invalid('The batch does not hold exactly one event.');
  if (event.type !== ENQUEUE) throw invalid(`The event is not of type ${ENQUEUE}.`);
  return event.data;
}

function addEnvelopeRoute(events: Api, deps: ApiDeps): void {
  events.post(
    '/events',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Keep CloudEvents',
        description:
          'Structured, binary or batch. The tenant is the extension attribute `tenantid` of each event, else `tenant` of the query. An event ' +
          'with the tenant, source and id of an earlier one adds nothing.',
        consumes: eventTypes,
        querystring: EventQuerySchema,
        body: EventBodySchema,
        response: { 200: EventAnswerSchema },
      },
    },
    async (request) => {
      const tenants = new Set(await deps.tenants());
      const received = readEvents(request.headers, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
      const envelopes = received.map((event) => {
        const { tenantid = request.query.tenant, ...extensions } = event.extensions;
        if (typeof tenantid !== 'string') throw invalid('The event has no `tenantid`, and the query has no `tenant`.');
        if (!tenants.has(tenantid) || !maySee(request, tenantid))
          throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${tenantid}.`);
        return { ...event, extensions, tenantId: tenantid };
      });
      return { received: envelopes.length, stored: await storeEvents(deps.db, envelopes) };
    },
  );
}
