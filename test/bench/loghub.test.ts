import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLoghub, score } from '../../bench/loghub.ts';

it('scores groups, lines and templates as Loghub-2.0 does', () => {
  const truth = ['a <*>', 'a <*>', 'a <*>', 'b', 'b', 'c <*>', 'd', 'd'];
  expect(score(truth, truth)).toEqual({ GA: 1, FGA: 1, PA: 1, FTA: 1 });
  // One label is torn in two, one is grouped well under another text, two are thrown together.
  const predicted = ['a <*>', 'a <*>', 'a 3', '<*>', '<*>', 'c <*>', 'c <*>', 'c <*>'];
  const { GA, FGA, PA, FTA } = score(predicted, truth);
  expect({ GA, PA }).toEqual({ GA: 2 / 8, PA: 3 / 8 });
  expect(FGA).toBeCloseTo((2 * 1) / (4 + 4), 12);
  // `a <*>` is right although it lacks a line; `c <*>` is not, because it has lines of another label.
  expect(FTA).toBeCloseTo((2 * 1) / (4 + 4), 12);
});

it('reads content, raw line and label by line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'observebridge-loghub-'));
  try {
    mkdirSync(join(folder, 'Shop'));
    writeFileSync(join(folder, 'Shop', 'Shop_2k.log'), 'I sold 1, "two"\r\nI closed\r\n');
    writeFileSync(
      join(folder, 'Shop', 'Shop_2k.log_structured_corrected.csv'),
      'LineId,Content,EventId,EventTemplate\n1,"sold 1, ""two""",E1,"sold <*>,  ""<*>"""\n2,closed,E2,\n',
    );
    expect(readLoghub(folder)).toEqual([
      { name: 'Shop', content: ['sold 1, "two"'], raw: ['I sold 1, "two"'], truth: ['sold <*>, "<*>"'] },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
