import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

describe('the guide to own aggregations', () => {
  const guide = readFileSync(join(root, 'docs/guides/own-aggregation.md'), 'utf8');
  const quoted = [...guide.matchAll(/<!-- (\S+) -->\n```\w+\n([\s\S]*?)```/g)];

  it('quotes the example as it is run', () => {
    expect(quoted).toHaveLength(3);
    for (const [, file = '', text] of quoted) expect(readFileSync(join(root, 'test/fixtures/aggregations', file), 'utf8')).toBe(text);
  });
});
