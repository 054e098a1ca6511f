import { expect, it } from 'vitest';
import { toJson } from '../../src/cli/json.ts';
import { formatTable } from '../../src/cli/table.ts';

it('aligns numbers right and text left, and keeps each row on its line', () => {
  const rows = [
    { n: 1, text: 'a\nb\u001b[31m', at: new Date(0), tags: { x: 1n } },
    { n: 12.5, text: null, at: null, tags: [] },
  ];
  expect(formatTable(['n', 'text', 'at', 'tags'], rows)).toBe(
    [
      '   n  text            at                        tags',
      '----  --------------  ------------------------  -------',
      '   1  a\\nb\\u001b[31m  1970-01-01T00:00:00.000Z  {"x":1}',
      '12.5                                            []',
      '',
    ].join('\n'),
  );
});

it('prints the columns of an empty result', () => {
  expect(formatTable(['a', 'bc'], [])).toBe('a  bc\n-  --\n');
});

it('writes as JSON what JSON has no number for', () => {
  expect(toJson({ a: -9223372036854775808n, b: Number.NaN, c: Number.NEGATIVE_INFINITY })).toBe(
    '{"a":-9223372036854775808,"b":"NaN","c":"-Infinity"}',
  );
});

it('cuts the longest texts of a terminal, and never a number', () => {
  const rows = [{ id: 1234567890, text: 'x'.repeat(90), other: 'short' }];
  const lines = formatTable(['id', 'text', 'other'], rows, 40).split('\n');
  expect(lines[2]).toBe(`1234567890  ${'x'.repeat(20)}…  short`);
  expect(formatTable(['id'], rows, 4)).toContain('1234567890');
  expect(formatTable(['text'], rows)).toContain('x'.repeat(90));
});

it('lets no stored text speak to the terminal', () => {
  const table = formatTable(['text'], [{ text: 'a\u001b[31m\u009b\u202eb\u2028' }]);
  expect(table.split('\n')[2]).toBe('a\\u001b[31m\\u009b\\u202eb\\u2028');
});
