import { describe, expect, it } from 'vitest';
import { type Place, type ResourceRule, resourceOf } from '../../src/core/place.ts';

const nowhere: Place = { service_name: null, namespace: null, pod: null, host: null, instance: null, job: null, metric: null };
const urnOf = (place: Partial<Place>, rules?: readonly ResourceRule[]): string => resourceOf({ ...nowhere, ...place }, rules).urn;

describe('resourceOf', () => {
  it.each<[Partial<Place>, string]>([
    [{ service_name: 'cart', namespace: 'shop', pod: 'p-0', host: 'h', job: 'j', metric: 'node_load1' }, 'urn:k8s:svc:shop/cart'],
    [{ namespace: 'shop', pod: 'cart-5d4f8c7b9-x2x4z', host: 'h' }, 'urn:k8s:svc:shop/cart'],
    [{ pod: 'cart-0', job: 'j' }, 'urn:svc:cart'],
    [{ service_name: 'cart', pod: 'other-0' }, 'urn:svc:cart'],
    [{ host: 'H1', instance: 'h2:9100', job: 'node', metric: 'node_load1' }, 'urn:host:h1'],
    [{ instance: 'h2:9100', job: 'node', service_name: 'cart', metric: 'windows_os' }, 'urn:host:h2'],
    [{ instance: 'h2:9100', job: 'prometheus', metric: 'go_goroutines' }, 'urn:svc:prometheus'],
    [{ instance: 'h2:9100', job: 'prometheus' }, 'urn:svc:prometheus'],
    [{ host: 'h1' }, 'urn:host:h1'],
    [{ metric: 'node_load1', job: 'node' }, 'urn:svc:node'],
    [{}, 'urn:svc:unknown'],
  ])('%j is %s', (place, urn) => expect(urnOf(place)).toBe(urn));

  it('follows other rules in their order', () => {
    const rules: ResourceRule[] = [{ from: 'host', metric_prefixes: ['redis_'] }, { from: 'job' }];
    const place = { service_name: 'cart', instance: 'h', job: 'j' };
    expect(urnOf({ ...place, metric: 'redis_up' }, rules)).toBe('urn:host:h');
    expect(urnOf({ ...place, metric: 'up' }, rules)).toBe('urn:svc:j');
    expect(urnOf({ service_name: 'cart', metric: 'up' }, rules)).toBe('urn:svc:unknown');
    expect(urnOf(place, [])).toBe('urn:svc:unknown');
  });
});
