import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../core/error.ts';
import { type Access, findAccess, type Role, roles } from '../store/api-token.ts';
import type { ApiDeps } from './deps.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may call the route; absent means everybody. */
    role?: Role;
  }
  interface FastifyRequest {
    access: Access | undefined;
  }
}

/** Finds out who calls. Rejects with `OB_UNAUTHORIZED` without a valid token and with `OB_FORBIDDEN` when its role is too weak for the route. */
export async function authorize({ db, open }: Pick<ApiDeps, 'db' | 'open'>, request: FastifyRequest): Promise<void> {
  const { role } = request.routeOptions.config;
  if (role === undefined) return;
  if (open) {
    refuseForeignPages(request);
    request.access = { name: 'local', role: 'admin' };
    return;
  }
  const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new ObserveBridgeError('OB_UNAUTHORIZED', 'usage', 'The request carries no bearer token.');
  const access = await findAccess(db, token);
  if (access === undefined) throw new ObserveBridgeError('OB_UNAUTHORIZED', 'usage', 'The bearer token is unknown or has expired.');
  if (roles.indexOf(access.role) < roles.indexOf(role)) {
    throw new ObserveBridgeError('OB_FORBIDDEN', 'usage', `This needs the role ${role}, and the token has ${access.role}.`);
  }
  request.access = access;
}

/**
 * Without tokens every page open in a browser of this machine could call a loopback server, under a name of its own that resolves to
 * 127.0.0.1 (DNS rebinding), by a form or by a picture; all of it shows in the headers.
 */
function refuseForeignPages(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isOwnPage = origin === undefined || origin === `${request.protocol}://${request.host}`;
  // Pictures and scripts are fetched without an origin; `none` is an address that somebody typed.
  const isOwnFetch = site === undefined || site === 'same-origin' || site === 'none';
  if (isLoopback(request.hostname) && isOwnPage && isOwnFetch) return;
  throw new ObserveBridgeError(
    'OB_FORBIDDEN',
    'usage',
    'Without tokens only requests to a loopback name from the same origin are answered.',
  );
}

/** Whether a host name or address is this machine's own and nobody else's. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** The only tenants that the caller may see; undefined means all. */
export function visibleTenants(request: FastifyRequest): readonly string[] | undefined {
  return request.access?.tenants;
}

/** Whether the caller may see the tenant. */
export function maySee(request: FastifyRequest, tenantId: string): boolean {
  return visibleTenants(request)?.includes(tenantId) ?? true;
}
