import { expect, test } from 'vitest';
import { markValues, markWords, type Stretch, toExcerpt, toWords } from '../../ui/src/text/marks.ts';
import { toPlainText } from '../../ui/src/text/plain-markdown.ts';

const show = (stretches: readonly Stretch[]): string => stretches.map(({ text, isMarked }) => (isMarked ? `«${text}»` : text)).join('');

test('the words of a question are those of its phrases too, and none that must not be there', () => {
  expect(toWords('Restart "connection pool" -kafka -"two words" ts-order restart')).toEqual([
    'restart',
    'connection',
    'pool',
    'ts',
    'order',
  ]);
});

test('words are marked where they begin, in any case and with their endings', () => {
  expect(show(markWords('Restarting does not prestart; RESTART it.', ['restart']))).toBe('«Restarting» does not prestart; «RESTART» it.');
  expect(show(markWords('重启服务之后', ['服务']))).toBe('重启«服务»之后');
  expect(show(markWords('all of it', []))).toBe('all of it');
  expect(show(markWords('a.*b', toWords('a.*b')))).toBe('«a».*«b»');
});

test('values are marked in their order, the last ones of several readings', () => {
  expect(show(markValues('17:00 order 17 failed: 3', ['17', '3']))).toBe('17:00 order «17» failed: «3»');
  expect(show(markValues('order 17', ['18']))).toBe('order 17');
});

test('an excerpt shows where the words stand', () => {
  const text = `${'before '.repeat(100)}the pool is used up, restart it ${'after '.repeat(100)}`;
  const excerpt = toExcerpt(text, ['pool', 'restart'], 120);
  expect(excerpt).toMatch(/^… .*the pool is used up, restart it.* …$/);
  expect(excerpt.length).toBeLessThan(130);
  expect(toExcerpt('short  text', ['pool'])).toBe('short text');
  expect(toExcerpt('x'.repeat(1000), ['pool'], 100).length).toBeLessThan(110);
});

test('Markdown becomes its words', () => {
  const text = toPlainText(
    '## A *b*\n\n1. one `c`\n   ```sh\n   do it\n   ```\n\n| h | i |\n|---|---|\n| j | k |\n\n[l](http://m) <b>n</b>',
  );
  expect(text.replace(/\s+/g, ' ').trim()).toBe('A b one c do it h, i; j, k l <b>n</b>');
});
