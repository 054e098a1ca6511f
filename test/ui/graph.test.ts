import { expect, test } from 'vitest';
import { findNearestEdge } from '../../ui/src/graph/nearest-edge.ts';
import { lookOf, type Picture, withinHops } from '../../ui/src/graph/picture.ts';
import { seedPlace, startPlaces } from '../../ui/src/graph/places.ts';
import { type Call, toErrorStep, toPicture, toTraffic } from '../../ui/src/pages/map/call-picture.ts';
import { toChart } from '../../ui/src/pages/resource/series.ts';
import { formatEvidence } from '../../ui/src/pages/topology/topology-picture.ts';
import { toKind, toShortName } from '../../ui/src/text/urn.ts';

const node = (id: string) => ({ id, label: id, shape: 'circle' as const, colour: '--accent', size: 5 });
const edge = (src: string, dst: string) => ({ id: `${src} ${dst}`, src, dst, colour: '--edge', width: 1, order: 0 });
const chain: Picture = { nodes: ['a', 'b', 'c', 'd'].map(node), edges: [edge('a', 'b'), edge('c', 'b'), edge('c', 'd')] };

const call = (src: string, dst: string, rps: number, errors: number): Call => ({
  ...{ src_urn: src, src_name: src, src_kind: 'service', dst_urn: dst, dst_name: dst, dst_kind: 'database', protocols: ['http'] },
  ...{ calls: 100, errors, err_rate: errors / 100, rps, p50_ms: 1, p95_ms: 2, approximate: false },
  ...{ last_bucket: '2026-01-01T11:55:00Z', locator_id: null },
});

test('a seed place is the same every time, differs between names and lies within the circle', () => {
  const names = Array.from({ length: 500 }, (_, index) => `urn:k8s:svc:shop/service-${index}`);
  const places = names.map(seedPlace);
  expect(names.map(seedPlace)).toEqual(places);
  expect(new Set(places.map(([x, y]) => `${Math.round(x)} ${Math.round(y)}`)).size).toBeGreaterThan(450);
  expect(Math.max(...places.map(([x, y]) => Math.hypot(x, y)))).toBeLessThanOrEqual(100);
  for (const quarter of [places.filter(([x]) => x > 0), places.filter(([, y]) => y > 0)])
    expect(Math.abs(quarter.length - 250)).toBeLessThan(60);
});

test('kept nodes stay, and a new one begins beside those that it is joined to', () => {
  const { places, isKept } = startPlaces(
    chain,
    new Map([
      ['a', [1000, 0]],
      ['c', [1000, 100]],
      ['gone', [5, 5]],
    ]),
  );
  expect([...isKept]).toEqual(['a', 'c']);
  expect(places.get('a')).toEqual([1000, 0]);
  const [x = 0, y = 0] = places.get('b') ?? [];
  expect(Math.hypot(x - 1000, y - 50)).toBeLessThan(6);
  expect([...places.keys()]).toEqual(['a', 'b', 'c', 'd']);
});

test('what is within some hops is reached against the arrows as well', () => {
  expect([...withinHops(chain, 'a', 1)]).toEqual(['a', 'b']);
  expect([...withinHops(chain, 'a', 2)]).toEqual(['a', 'b', 'c']);
  expect([...withinHops(chain, 'a', 9)]).toEqual(['a', 'b', 'c', 'd']);
  expect([...withinHops(chain, 'nowhere', 9)]).toEqual([]);
});

test('the nearest arrow under the pointer is found, and none beyond its ends or beside it', () => {
  const segments = [
    { id: 'level', from: { x: 0, y: 0 }, to: { x: 100, y: 0 }, width: 2 },
    { id: 'steep', from: { x: 50, y: -50 }, to: { x: 50, y: 50 }, width: 2 },
  ];
  expect(findNearestEdge({ x: 20, y: 4 }, segments)).toBe('level');
  expect(findNearestEdge({ x: 52, y: 3 }, segments)).toBe('steep');
  expect(findNearestEdge({ x: 20, y: 6 }, segments)).toBeUndefined();
  expect(findNearestEdge({ x: -6, y: 0 }, segments)).toBeUndefined();
});

test('arrows are as wide as their rate in the colour of their errors, and calls to oneself are none', () => {
  const { nodes, edges } = toPicture([call('web', 'cart', 16, 0), call('cart', 'db', 4, 7), call('cart', 'cart', 99, 0)]);
  expect(edges.map(({ id, width, colour }) => [id, width, colour])).toEqual([
    ['web cart', 6, '--edge'],
    ['cart db', 3.5, '--bad'],
  ]);
  expect(nodes.map(({ id }) => id)).toEqual(['web', 'cart', 'db']);
  expect(nodes[1]?.size).toBeGreaterThan(nodes[0]?.size ?? 0);
});

test.each([
  [0, 'no errors'],
  [0.0001, 'under 1 % errors'],
  [0.01, '1 to 5 % errors'],
  [0.05, '5 % errors or more'],
  [1, '5 % errors or more'],
])('a share of %d is %s', (share, title) => {
  expect(['no errors', 'under 1 % errors', '1 to 5 % errors', '5 % errors or more'][toErrorStep(share)]).toBe(title);
});

test('traffic of a resource counts both ends without itself', () => {
  const calls = [call('web', 'cart', 2, 10), call('shop', 'cart', 2, 30), call('cart', 'db', 4, 0), call('cart', 'cart', 99, 0)];
  expect(toTraffic(calls, 'cart')).toMatchObject({ callers: 2, callees: 1, rpsIn: 4, rpsOut: 4, errorsIn: 0.2 });
  expect(toTraffic(calls, 'nowhere')).toBeUndefined();
});

test('a line breaks where more than a few points are missing', () => {
  const at = (minute: number) => ({ time: `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`, value: minute });
  const chart = toChart([at(0), at(1), at(4), at(9)], 60, [{ label: 'v', colour: '--accent', of: ({ value }) => value }]);
  expect(chart.lines[0]?.values).toEqual([0, 1, 4, null, 9]);
  expect(chart.times.map((time) => new Date(time).getUTCMinutes())).toEqual([0, 1, 4, 8, 9]);
});

test.each([
  ['urn:k8s:svc:shop/cart', 'cart', 'service'],
  ['urn:db:mysql:orders.db/orders%2Fnew', 'orders/new', 'database'],
  ['urn:mq:kafka:broker/shipments', 'shipments', 'topic'],
  ['urn:ext:api.bank.example', 'api.bank.example', 'external'],
  ['urn:host:node-1', 'node-1', 'host'],
  ['urn:aws:rds:eu-1:db:orders', 'orders', 'database'],
  ['urn:aws:ec2:eu-1:vpc/vpc-1', 'vpc-1', 'other'],
  ['urn:ext:100%', '100%', 'external'],
])('%s is %s, a %s', (urn, name, kind) => {
  expect(toShortName(urn)).toBe(name);
  expect(toKind(urn)).toBe(kind);
  expect(lookOf(kind).title).not.toBe('');
});

test('evidence names file and line, address and rule, as far as they are told', () => {
  expect(formatEvidence({ file: 'main.tf', line: 3, address: 'aws_lb.web', rule: 'attribute subnets' })).toBe(
    'main.tf:3 · aws_lb.web · attribute subnets',
  );
  expect(formatEvidence({ rule: 'dependencies' })).toBe('dependencies');
  expect(formatEvidence({})).toBe('not told');
});
