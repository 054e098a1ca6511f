import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashHex } from '../../src/core/hash.ts';
import { isError } from '../../src/core/severity.ts';
import { defaultPatternsConfig, type PatternsConfig } from '../../src/patterns/config.ts';
import { explainLine } from '../../src/patterns/explain.ts';
import { createMiner } from '../../src/patterns/miner.ts';

const digits = fc.integer({ min: 0, max: 1e9 }).map(String);
const address = fc.ipV4();
const uuid = fc.uuid();
const path = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 2, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const timestamp = fc
  .date({ min: new Date('2001-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19).replace('T', ' '));

/** Shapes of lines; equal shapes give one fingerprint whatever the values. */
const shapes = [
  fc.tuple(digits, address).map(([id, host]) => `order ${id} accepted from ${host}`),
  fc.tuple(uuid, digits).map(([id, size]) => `[create][OrderId: ${id}, Price: ${size}]`),
  fc.tuple(timestamp, path).map(([time, file]) => `${time} ERROR store.Disk: cannot write ${file}`),
  fc.tuple(digits, path).map(([id, file]) => JSON.stringify({ level: 'warn', msg: `slow ${id}`, file })),
  timestamp.map((time) => `valid until ${time}, renew`),
  digits.map((count) => `订单${count}创建成功`),
] as const;

const anyLine = fc.oneof(...shapes, fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 80 }), fc.json());

function fingerprintCounts(lines: readonly string[]): [string, number][] {
  const miner = createMiner();
  const counts = new Map<string, number>();
  for (const line of lines) {
    const { fingerprint, severity } = miner.pattern(miner.code(line));
    const key = `${fingerprint} ${severity}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort();
}

test('lines that differ only in variables share one code', () => {
  for (const shape of shapes) {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 2, maxLength: 6 }), (lines) => {
        const miner = createMiner();
        expect(new Set(lines.map((line) => miner.code(line))).size).toBe(1);
      }),
    );
  }
});

test('any order and any replay give the same fingerprints and counts, and every line is counted', () => {
  const shuffled = fc
    .array(anyLine, { maxLength: 40 })
    .chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length })));
  fc.assert(
    fc.property(shuffled, ([lines, permuted]) => {
      const counts = fingerprintCounts(lines);
      expect(fingerprintCounts(permuted)).toEqual(counts);
      expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(lines.length);
    }),
  );
});

test('a line has one code, and explain agrees with the miner', () => {
  const miner = createMiner();
  fc.assert(
    fc.property(anyLine, (line) => {
      const code = miner.code(line);
      expect(miner.code(line)).toBe(code);
      const { template, fingerprint, severity } = explainLine(line);
      expect(miner.pattern(code)).toEqual({ template, fingerprint, severity });
      expect(fingerprint).toBe(hashHex(template));
    }),
    { numRuns: 500 },
  );
});

test('the level is part of the code but not of the fingerprint', () => {
  const miner = createMiner();
  const codes = ['INFO', 'ERROR', 'FATAL'].map((level) => miner.code(`12:00:00.1 ${level} app.Main: lost 5 rows`));
  const patterns = codes.map((code) => miner.pattern(code));
  expect(new Set(codes).size).toBe(3);
  expect(new Set(patterns.map((pattern) => pattern.fingerprint)).size).toBe(1);
  expect(patterns.map((pattern) => isError(pattern.severity))).toEqual([false, true, true]);
});

test('ignored fields do not take part, others do', () => {
  const config: PatternsConfig = { ...defaultPatternsConfig, ignore_fields: ['pod'] };
  const template = (line: string) => explainLine(line, config).template;
  expect(template('{"msg":"up","pod":"a"}')).toBe(template('{"msg":"up"}'));
  expect(template('{"msg":"up","zone":"a"}')).not.toBe(template('{"msg":"up"}'));
  expect(template('level=info msg=up pod=a')).toBe(template('level=info msg=up level=info'));
});

test('a configured mask is always a variable', () => {
  const config: PatternsConfig = { ...defaultPatternsConfig, extra_masks: ['(?<=station )[a-z]+'] };
  const miner = createMiner(config);
  expect(miner.code('at station shanghai now')).toBe(miner.code('at station suzhou now'));
  expect(miner.pattern(0).template).toBe('at station <*> now');
});

test('a mask that is no regular expression is a configuration error', () => {
  expect(() => createMiner({ ...defaultPatternsConfig, extra_masks: ['('] })).toThrowError(
    expect.objectContaining({ code: 'OB_CONFIG_INVALID' }),
  );
});

const nasty: [string, string][] = [
  ['nothing', ''],
  ['only space', ' \t\r\n  '],
  ['binary', String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))],
  ['lone surrogates', 'a \ud800 b \udc00'],
  ['NUL in a field name', '{"a\\u0000b":1}'],
  ['replacement characters', '\ufffd\ufffdx\ufffd y'],
  ['a megabyte without a space', 'x'.repeat(1 << 20)],
  ['a megabyte of brackets', '['.repeat(1 << 20)],
  ['a megabyte of open JSON', '{"a":'.repeat(200_000)],
  ['an open string', `{"msg":"${'a '.repeat(100_000)}`],
  ['five megabytes of words', 'word 1 '.repeat(750_000)],
  ['unclosed quotes', '="'.repeat(5000)],
  ['a header alone', '2023-01-30 12:00:00 INFO'],
  ['a priority alone', '<34>'],
];

test.each(nasty)('%s has a pattern that PostgreSQL can store', (_, line) => {
  const miner = createMiner();
  const { template } = miner.pattern(miner.code(line));
  expect(template).not.toBe('');
  expect(template.isWellFormed()).toBe(true);
  expect(template).not.toContain('\u0000');
  expect(template.length).toBeLessThanOrEqual(5000);
});

test('what lies beyond 4096 characters does not matter', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1 }), fc.string({ minLength: 1 }), (parts, tail) => {
      const text = parts.join(' ');
      const long = `${text} padding`.repeat(Math.ceil(4200 / (text.length + 8)));
      expect(explainLine(long + tail)).toEqual(explainLine(long.slice(0, 4096)));
    }),
    { numRuns: 50 },
  );
});

test('tokens beyond the limit are one variable', () => {
  const config: PatternsConfig = { ...defaultPatternsConfig, max_tokens: 3 };
  expect(explainLine('one two three', config).template).toBe('one two three');
  expect(explainLine('one two three four', config).template).toBe('one two three <*>');
});

test('beyond the signature limit new lines fall to a coarser pattern, are counted, and keep their code', () => {
  const miner = createMiner({ ...defaultPatternsConfig, max_signatures: 2 });
  const early = miner.code('alpha starts');
  miner.code('beta starts');
  const [one, two] = [miner.code('failed: red, 5'), miner.code('failed: blue, 6')];
  expect(one).toBe(two);
  expect(miner.pattern(one ?? -1).template).toBe('failed: <*>, <*>');
  expect(miner.code('alpha starts')).toBe(early);
  expect(miner.coarsened).toBe(2);
  const words = Array.from({ length: 100 }, (_, at) => String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26)));
  for (const word of words) miner.code(`${word} ends`);
  expect(miner.size).toBeLessThanOrEqual(6);
  expect(miner.coarsened).toBe(102);
});

test('T5: same pattern, different variables: one fingerprint and right error counts', () => {
  const miner = createMiner();
  const lines = Array.from(
    { length: 300 },
    (_, at) => `12:00:0${at % 10}.000 ${at % 3 === 0 ? 'ERROR' : 'INFO'}  o.Orders#${at} order ${at} of 10.0.0.${at % 256}`,
  );
  const counts = new Map<string, { total: number; errors: number }>();
  for (const line of lines) {
    const { fingerprint, severity } = miner.pattern(miner.code(line));
    const row = counts.get(fingerprint) ?? { total: 0, errors: 0 };
    counts.set(fingerprint, { total: row.total + 1, errors: row.errors + (isError(severity) ? 1 : 0) });
  }
  expect([...counts.values()]).toEqual([{ total: 300, errors: 100 }]);
});
