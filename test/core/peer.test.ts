import { describe, expect, it } from 'vitest';
import { type Peer, targetOf } from '../../src/core/peer.ts';

const nothing: Peer = {
  ...{ db_system: null, db_name: null, messaging_system: null, messaging_destination: null },
  ...{ peer_service: null, peer_address: null, peer_url_host: null },
};
const target = (peer: Partial<Peer>) => targetOf({ ...nothing, ...peer });

describe('targetOf', () => {
  it.each<[Partial<Peer>, string | undefined]>([
    [{ db_system: 'mysql', db_name: 'orders', peer_address: 'db1:3306', peer_service: 'mysql' }, 'urn:db:mysql:db1/orders'],
    [{ db_system: 'mysql', peer_service: 'shop-db' }, 'urn:db:mysql:shop-db/unknown'],
    [{ db_system: 'sqlite', db_name: 'file.db' }, 'urn:db:sqlite:unknown/file.db'],
    [{ db_system: 'redis', messaging_system: 'redis', messaging_destination: 'jobs' }, 'urn:db:redis:unknown/unknown'],
    [{ messaging_system: 'kafka', messaging_destination: 'orders', peer_address: 'k1:9092' }, 'urn:mq:kafka:k1/orders'],
    [{ messaging_system: 'kafka', messaging_destination: 'orders' }, 'urn:mq:kafka:unknown/orders'],
    [{ messaging_system: 'kafka', peer_address: 'k1' }, 'urn:ext:k1'],
    [{ messaging_destination: 'orders' }, undefined],
    [{ peer_service: 'stripe', peer_address: 'api.stripe.com' }, 'urn:ext:stripe'],
    [{ peer_address: 'api.stripe.com:443', peer_url_host: 'x' }, 'urn:ext:api.stripe.com'],
    [{ peer_url_host: 'x.example' }, 'urn:ext:x.example'],
    [{ peer_address: '127.0.0.1' }, undefined],
    [{ peer_address: 'localhost', peer_url_host: 'x.example' }, 'urn:ext:x.example'],
    [{}, undefined],
  ])('%j is %s', (peer, urn) => expect(target(peer)?.resource.urn).toBe(urn));

  it('names what an alias may know better, but never for a topic', () => {
    expect(target({ peer_service: 'a', peer_address: 'b', peer_url_host: 'c' })?.aliases).toEqual(['b', 'a', 'c']);
    expect(target({ db_system: 'mysql', peer_address: 'b' })?.aliases).toEqual(['b']);
    expect(target({ messaging_system: 'kafka', messaging_destination: 't', peer_address: 'b' })?.aliases).toEqual([]);
  });
});
