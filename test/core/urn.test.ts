import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, normalizeHost, ownerOfPod, toDatabase, toExternal, toHost, toService, toTopic } from '../../src/core/urn.ts';

describe('normalizeHost', () => {
  it.each([
    [' Web1.Example.COM. ', 'web1.example.com'],
    ['web1:9100', 'web1'],
    ['web1.:9100', 'web1'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['[::1]', '::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['10.0.0.7:80', '10.0.0.7'],
    [':9100', ':9100'],
    ['', ''],
  ])('reads %j as %j', (host, expected) => expect(normalizeHost(host)).toBe(expected));

  it('changes nothing the second time', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    const written = fc.tuple(host, fc.option(fc.nat(65_535)), fc.constantFrom('', '.', '..')).map(([name, port, dots]) => {
      const base = name.includes(':') ? `[${name}]` : name + dots;
      return port === null ? base : `${base}:${port}`;
    });
    fc.assert(
      fc.property(written, (text) => {
        expect(normalizeHost(normalizeHost(text))).toBe(normalizeHost(text));
        expect(normalizeHost(text.toUpperCase())).toBe(normalizeHost(text));
      }),
    );
  });
});

describe('isLoopback', () => {
  it.each([
    ...['localhost', 'LOCALHOST:80', 'cart.localhost', 'localhost.localdomain', '127.0.0.1', '127.1.2.3:80', '127.1'],
    ...['::1', '[::1]:80', '::ffff:127.0.0.1', '0.0.0.0', '::'],
  ])('is true of %s', (host) => expect(isLoopback(host)).toBe(true));

  it.each(['localhost.example.com', '127.example.com', '10.0.0.1', '::2', '1.127.0.1', 'cart', ''])('is false of %j', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});

describe('resources', () => {
  it.each([
    [toService('cart', 'shop'), 'urn:k8s:svc:shop/cart', 'service', 'cart'],
    [toService('cart'), 'urn:svc:cart', 'service', 'cart'],
    [toService(' my cart/v1 ', null), 'urn:svc:my%20cart%2Fv1', 'service', 'my cart/v1'],
    [toService('100%?#'), 'urn:svc:100%25%3F%23', 'service', '100%?#'],
    [toService('Warenkorb-ä'), 'urn:svc:Warenkorb-ä', 'service', 'Warenkorb-ä'],
    [toHost('Web1:9100'), 'urn:host:web1', 'host', 'web1'],
    [toDatabase('MySQL', 'db1:3306', 'orders'), 'urn:db:mysql:db1/orders', 'database', 'orders'],
    [toDatabase('redis', 'cache', ''), 'urn:db:redis:cache/unknown', 'database', 'cache'],
    [toDatabase('redis', null, null), 'urn:db:redis:unknown/unknown', 'database', 'unknown'],
    [toTopic('Kafka', 'orders', null), 'urn:mq:kafka:unknown/orders', 'topic', 'orders'],
    [toTopic('kafka', 'a/b', 'k1:9092'), 'urn:mq:kafka:k1/a%2Fb', 'topic', 'a/b'],
    [toExternal('API.example.com:443'), 'urn:ext:api.example.com', 'external', 'api.example.com'],
  ])('%#: %j', (resource, urn, kind, name) => expect(resource).toEqual({ urn, kind, name }));

  it('differ when their parts differ', () => {
    const part = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', '/', ':', '%', '2', 'F', '?') });
    const parts = fc.tuple(part, part);
    fc.assert(
      fc.property(parts, parts, ([name, namespace], [otherName, otherNamespace]) => {
        const same = name === otherName && namespace === otherNamespace;
        expect(toService(name, namespace).urn === toService(otherName, otherNamespace).urn).toBe(same);
        expect(toService(name, namespace).urn).not.toBe(toService(otherName).urn);
        const isSameDatabase = name.toLowerCase() === otherName.toLowerCase() && namespace === otherNamespace;
        expect(toDatabase(name, 'host', namespace).urn === toDatabase(otherName, 'host', otherNamespace).urn).toBe(isSameDatabase);
      }),
    );
    expect(toDatabase('a:b', 'c', 'd').urn).not.toBe(toDatabase('a', 'b:c', 'd').urn);
  });
});

describe('ownerOfPod', () => {
  it.each([
    ['cart-5d4f8c7b9-x2x4z', 'cart'],
    ['ts-order-other-service-7c94f8bb6-zq9lk', 'ts-order-other-service'],
    ['kafka-0', 'kafka'],
    ['node-exporter-x2x4z', 'node-exporter'],
    ['backup-28123456-x2x4z', 'backup'],
    ['backup-28124457-x2x4z', 'backup'],
    ['cart', 'cart'],
    ['front-end', 'front-end'],
    ['redis-cart', 'redis-cart'],
  ])('of %s is %s', (pod, owner) => expect(ownerOfPod(pod)).toBe(owner));
});
