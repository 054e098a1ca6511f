import { expect, test } from 'vitest';
import { alignTemplate } from '../../ui/src/text/template.ts';

test.each([
  ['behind a header', 'order <*> failed: <*>', '10:00:01 ERROR [main] shop.Pay : order 17 failed: card refused', ['17', 'card refused']],
  ['with brackets that the header has too', '[<*>][Seat request]', '10:00 [main] [getSeat][Seat request]', ['getSeat']],
  ['of a list up to the last bracket', '[RouteId: <*>]', 'INFO [RouteId: [a, [b], c]]', ['[a, [b], c]']],
  ['with more spaces than the template', 'hour: <*> valid: <*>', 'INFO hour: 368   valid: 203', ['368', '203']],
  ['in a field of JSON', 'dial <*> failed {attempt, caller}', '{"attempt":3,"caller":"x","msg":"dial \\"db\\" failed"}', ['"db"']],
  ['at the beginning', '<*> workers of <*>', '10:00:01 INFO 12 workers of pool-3', ['12', 'pool-3']],
  ['of an event of several lines', 'failed <*>', 'ERROR failed 3\n  at shop.Pay\n  at shop.Cart', ['3']],
  ['where there are none', 'all done', 'INFO all done', []],
])('values %s', (_, template, line, values) => {
  expect(alignTemplate(template, line)).toEqual(values);
});

test('a line of another shape has no values', () => {
  expect(alignTemplate('order <*> failed', 'order 17 went well')).toBeUndefined();
  expect(alignTemplate('order <*> failed', 'order failed')).toBeUndefined();
  expect(alignTemplate('all done', 'not all')).toBeUndefined();
});

test('a long line with many possible readings takes no time', () => {
  const template = `a${'<*> a '.repeat(200)}<*>z`;
  const started = performance.now();
  expect(alignTemplate(template, 'a '.repeat(20_000))).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(200);
});
