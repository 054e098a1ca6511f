import { expect, test } from 'vitest';
import { arrange } from '../../ui/src/graph/arrange.ts';
import { placeNames } from '../../ui/src/graph/name-places.ts';
import { findNearestEdge } from '../../ui/src/graph/nearest-edge.ts';
import { listParts, type Point, packParts } from '../../ui/src/graph/pack.ts';
import { lookOf, type Picture, withinHops } from '../../ui/src/graph/picture.ts';
import { seedPlace, startPlaces } from '../../ui/src/graph/places.ts';
import { type Call, toErrorStep, toPicture, toTraffic, toWidths, withNames } from '../../ui/src/pages/map/call-picture.ts';
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

test('parts that no edge joins are found, the largest first', () => {
  expect(listParts(6, Uint32Array.from([0, 3, 5, 4, 4, 1]))).toEqual([[1, 4, 5], [0, 3], [2]]);
});

test('packed parts lie level, do not cover each other, and together are wider than high', () => {
  const steep = (count: number): Point[] => Array.from({ length: count }, (_, index) => [index % 3, 4 * index]);
  const packed = packParts([steep(9), steep(7), ...Array.from({ length: 24 }, () => steep(3))]);
  const boxes = packed.map((points) => [0, 1].map((axis) => points.map((point) => point[axis] ?? 0)));
  const ranges = boxes.map(([x = [], y = []]) => ({
    left: Math.min(...x),
    right: Math.max(...x),
    top: Math.min(...y),
    bottom: Math.max(...y),
  }));
  expect(ranges[0]?.right).toBeGreaterThan((ranges[0]?.bottom ?? 0) - (ranges[0]?.top ?? 0));
  for (const [index, one] of ranges.entries())
    for (const two of ranges.slice(index + 1))
      expect(one.right < two.left || two.right < one.left || one.bottom < two.top || two.bottom < one.top).toBe(true);
  const [width, height] = [Math.max(...ranges.map(({ right }) => right)), Math.max(...ranges.map(({ bottom }) => bottom))];
  expect(width / height).toBeGreaterThan(1.2);
  expect(width / height).toBeLessThan(5);
});

test.each([
  [1340, 600],
  [366, 500],
])('nodes fill an area of %d by %d pixels, and their names have room', (width, height) => {
  const nodes = Array.from({ length: 20 }, (_, index) => node(`n${index}`));
  const places = new Map(nodes.map(({ id }, index) => [id, [3 * (index % 5), Math.floor(index / 5)] as const]));
  const at = [...arrange(nodes, places, { width, height }, new Map(nodes.map(({ id }) => [id, 90]))).values()];
  for (const [x, y] of at) expect(x > 0 && y > 0 && x < width && y < height).toBe(true);
  const reach = (axis: 0 | 1) => Math.max(...at.map((spot) => spot[axis])) - Math.min(...at.map((spot) => spot[axis]));
  expect(reach(0) / width).toBeGreaterThan(0.5);
  expect(reach(1) / height).toBeGreaterThan(0.5);
  const covered = at.filter(([x, y], index) =>
    at.some(([x2, y2], other) => other > index && Math.abs(x - x2) < 100 && Math.abs(y - y2) < 16),
  );
  expect(covered).toEqual([]);
});

test('a name stands right of its node, else left, else nowhere, and important ones first', () => {
  const spot = (id: string, x: number, y: number, isForced = false) => ({ id, x, y, size: 5, width: 60, isForced });
  const area = { width: 300, height: 100 };
  expect([...placeNames([spot('a', 100, 50), spot('b', 130, 50)], area, [])]).toEqual([
    ['a', [31, 42]],
    ['b', [139, 42]],
  ]);
  const crowd = [spot('a', 20, 10), spot('b', 25, 14), spot('c', 30, 18), spot('d', 22, 16)];
  const wall = [{ x: 0, y: 24, width: 300, height: 76 }];
  expect([...placeNames(crowd, area, wall).keys()]).not.toContain('d');
  expect([...placeNames([...crowd.slice(0, 3), spot('d', 22, 16, true)], area, wall).keys()][0]).toBe('d');
  expect([...placeNames([spot('edge', 280, 50)], area, [])]).toEqual([['edge', [211, 42]]]);
  expect([...placeNames([spot('out', 400, 50)], area, [])]).toEqual([]);
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

test('what is named by a number alone is named by the end of its URN', () => {
  const named = withNames({ ...call('cart', '0', 1, 0), dst_urn: 'urn:db:redis:cart-redis/0' });
  expect([named.src_name, named.dst_name]).toEqual(['cart', 'cart-redis/0']);
});

test('the legend of widths tells those of the greatest rate and of a hundredth of it', () => {
  expect(toWidths([call('a', 'b', 16, 0), call('b', 'b', 99, 0)])).toEqual([
    { title: '0.16 calls/s', width: 1.5 },
    { title: '16 calls/s', width: 6 },
  ]);
  expect(toWidths([])).toEqual([]);
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
