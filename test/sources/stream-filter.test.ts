import { expect, it } from 'vitest';
import { createStreamFilter } from '../../src/sources/stream-filter.ts';

it.each([
  [{}, ['logs/a', 'metrics/b.c']],
  [{ include: ['a'] }, ['logs/a']],
  [{ include: ['logs/*'] }, ['logs/a']],
  [{ include: ['*'], exclude: ['b*'] }, ['logs/a']],
  [{ include: ['b?c', 'b[.]c', 'b.'] }, []],
  [{ include: ['b.*'] }, ['metrics/b.c']],
  [{ include: [] }, []],
  [{ exclude: ['metrics/*c'] }, ['logs/a']],
])('%j lets %j pass', (config, expected) => {
  const wanted = createStreamFilter(config);
  const streams = [
    ['logs', 'a'],
    ['metrics', 'b.c'],
  ] as const;
  expect(streams.filter(([type, stream]) => wanted(type, stream)).map((parts) => parts.join('/'))).toEqual(expected);
});
