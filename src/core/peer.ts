import { isLoopback, type Resource, toDatabase, toExternal, toTopic } from './urn.ts';

/** What a client, producer or consumer span says about its other side. */
export interface Peer {
  readonly db_system: string | null;
  readonly db_name: string | null;
  readonly messaging_system: string | null;
  readonly messaging_destination: string | null;
  readonly peer_service: string | null;
  readonly peer_address: string | null;
  readonly peer_url_host: string | null;
}

/** The other side as a resource, with the names by which an alias may know it better. */
export interface Target {
  readonly resource: Resource;
  readonly aliases: readonly string[];
}

/**
 * The virtual resource behind a span: a database, a topic, or an external host. Undefined when the span tells nothing, or only an address
 * of the caller's own machine.
 */
export function targetOf(peer: Peer): Target | undefined {
  const address = peer.peer_address ?? peer.peer_service;
  const aliases = [peer.peer_address, peer.peer_service, peer.peer_url_host].filter((name) => name !== null);
  if (peer.db_system) return { resource: toDatabase(peer.db_system, address, peer.db_name), aliases };
  if (peer.messaging_system && peer.messaging_destination) {
    return { resource: toTopic(peer.messaging_system, peer.messaging_destination, address), aliases: [] };
  }
  const host = [peer.peer_service, peer.peer_address, peer.peer_url_host].find((name) => name !== null && !isLoopback(name));
  return host ? { resource: toExternal(host), aliases } : undefined;
}
