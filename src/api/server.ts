import swagger from '@fastify/swagger';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type HTTPMethods } from 'fastify';
import { ObserveBridgeError } from '../core/error.ts';
import { toMicros } from '../core/time.ts';
import { authorize } from './access.ts';
import { addConsole } from './console.ts';
import { ProblemSchema } from './contract.ts';
import type { Api, ApiDeps } from './deps.ts';
import { refuseBrokenRequest, sendProblem, toProblem } from './problem.ts';
import { refuseDeep, refuseNul } from './refuse-body.ts';
import { addBackfillRoutes } from './routes/backfills.ts';
import { addCallRoutes } from './routes/calls.ts';
import { addChangeRoutes } from './routes/changes.ts';
import { addCircuitRoutes } from './routes/circuits.ts';
import { addEventRoutes } from './routes/events.ts';
import { addEvidenceLinkRoutes } from './routes/evidence-links.ts';
import { addGraphRoutes } from './routes/graph.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addJobRoutes } from './routes/jobs.ts';
import { addKnowledgeRoutes } from './routes/knowledge.ts';
import { addLocatorRoutes } from './routes/locators.ts';
import { addMcpRoutes } from './routes/mcp.ts';
import { addMetricRoutes } from './routes/metrics.ts';
import { addPatternRoutes } from './routes/patterns.ts';
import { addResourceRoutes } from './routes/resources.ts';
import { addRunRoutes } from './routes/runs.ts';
import { addSqlRoutes } from './routes/sql.ts';
import { addStoredEventRoutes } from './routes/stored-events.ts';
import { addStreamRoutes } from './routes/stream.ts';
import { addTenantRoutes } from './routes/tenants.ts';
import { addTopologyRoutes } from './routes/topology.ts';
import { addTriggerRoutes } from './routes/triggers.ts';
import { addWindowRoutes } from './routes/windows.ts';

const rooms = [
  ...[addHealthRoutes, addEventRoutes, addRunRoutes, addWindowRoutes, addJobRoutes, addTenantRoutes],
  ...[addCircuitRoutes, addTriggerRoutes, addBackfillRoutes, addSqlRoutes],
  ...[addResourceRoutes, addMetricRoutes, addCallRoutes, addPatternRoutes, addGraphRoutes, addTopologyRoutes],
  ...[addChangeRoutes, addLocatorRoutes, addStoredEventRoutes, addStreamRoutes, addMcpRoutes],
  ...[addKnowledgeRoutes, addEvidenceLinkRoutes],
];

/** Answers are rows of tenants: nobody keeps, frames, sniffs or embeds them. The pages of the console have headers of their own. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Builds the HTTP server with all routes, not listening. Building it does not use the database. */
export async function createServer(deps: ApiDeps): Promise<FastifyInstance> {
  const timeout = toMicros(deps.config.request_timeout) / 1000;
  const server: Api = Fastify({
    bodyLimit: deps.config.body_limit_kb * 1024,
    requestTimeout: timeout,
    connectionTimeout: 2 * timeout,
    forceCloseConnections: true,
    // A URN is a part of a path.
    routerOptions: { maxParamLength: 6000 },
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, toProblem(error));
    },
  });
  server.setValidatorCompiler(TypeBoxValidatorCompiler);
  // Schemas of answers are promises that the compiler and the tests check; converting values again would hide a broken one.
  server.setSerializerCompiler(() => (value) => JSON.stringify(value));
  server.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) deps.logger.error({ method: request.method, route: request.routeOptions.url, error }, 'a request failed');
    return sendProblem(reply, problem);
  });
  refuseUnknownRoutes(server);
  server.decorateRequest('access', undefined);
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  server.addHook('onRequest', (request) => authorize(deps, request));
  server.addHook('preValidation', async ({ query, params, body }) => {
    if (!Buffer.isBuffer(body)) refuseDeep(body);
    for (const [place, value] of Object.entries({ 'the query': query, 'the path': params, 'the body': body })) refuseNul(place, value);
  });
  server.addHook('onResponse', async (request, reply) => {
    const fields = { method: request.method, route: request.routeOptions.url, status: reply.statusCode, token_name: request.access?.name };
    if (request.method !== 'GET' && request.access) deps.logger.info(fields, 'request');
    else deps.logger.debug(fields, 'request');
  });
  await addDocument(server, deps.version);
  await server.register(async (api) => {
    for (const addRoutes of rooms) addRoutes(api.withTypeProvider(), deps);
    addConsole(api.withTypeProvider(), deps.consoleDirectory);
  });
  return server as unknown as FastifyInstance;
}

/** Serves the OpenAPI document; every route with a role asks for a token there, and every one may answer with a problem. */
async function addDocument(server: Api, version: string): Promise<void> {
  server.addSchema(ProblemSchema);
  server.addHook('onRoute', (route) => {
    if (route.schema === undefined || route.schema.hide) return;
    const failures = { '4xx': problemAnswer('The request was refused.'), '5xx': problemAnswer('The request failed.') };
    const security = route.config?.role === undefined ? [] : [{ bearer: [] }];
    route.schema = { ...route.schema, security, response: { ...(route.schema.response as object), ...failures } };
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'ObserveBridge', version, description: 'Times are ISO 8601 UTC; units are part of the names.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`) },
  });
  server.get('/openapi.json', { schema: { hide: true } }, () => (server as unknown as FastifyInstance).swagger());
}

function problemAnswer(description: string): object {
  return { description, content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } } };
}

function refuseUnknownRoutes(server: Api): void {
  const methods = new Map<string, Set<string>>();
  server.addHook('onRoute', (route) => {
    const known = methods.get(route.url) ?? new Set();
    for (const method of [route.method].flat() as HTTPMethods[]) known.add(method);
    methods.set(route.url, known);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = [...methods].filter(([url]) => matches(url, path)).flatMap(([, known]) => [...known]);
    if (allowed.length === 0) throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', 'There is nothing at this path.');
    reply.header('allow', allowed.join(', '));
    throw new ObserveBridgeError('OB_METHOD_NOT_ALLOWED', 'usage', `${request.method} is not possible here.`);
  });
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const given = path.split('/');
  return parts.length === given.length && parts.every((part, index) => part.startsWith(':') || part === given[index]);
}
