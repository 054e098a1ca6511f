import { appendFile, mkdir, mkdtemp, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import { type Signal, signals } from '../../src/core/signal.ts';
import { MINUTE, type Micros, parseTime, SECOND } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { createOtlpFilesSource } from '../../src/sources/otlp-files/otlp-files.ts';
import type { Source } from '../../src/sources/source.ts';
import { describeSource, type RowCounts } from '../contracts/source.ts';
import { type Json, toLine, toNanos } from '../support/otlp-lines.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const PER_MINUTE = 20;
const range = { from: NOON, to: NOON + 3 * MINUTE };
const OLD = new Date('2020-01-01T00:00:00Z');

function itemAt(signal: Signal, time: Micros, id: number): Json {
  if (signal === 'logs') return { timeUnixNano: toNanos(time), severityText: 'INFO', body: { stringValue: `line ${id}` } };
  if (signal === 'metric_points')
    return { name: 'load', gauge: { dataPoints: [{ timeUnixNano: toNanos(time), asDouble: id / 2 + 0.25 }] } };
  const spanId = (id + 1).toString(16).padStart(16, '0');
  return {
    traceId: spanId.repeat(2),
    spanId,
    name: 'get',
    kind: 2,
    startTimeUnixNano: toNanos(time),
    endTimeUnixNano: toNanos(time + 100),
  };
}

/** Lines of five items each. */
function linesOf(signal: Signal, minute: number): string[] {
  const items = Array.from({ length: PER_MINUTE }, (_, index) =>
    itemAt(signal, NOON + minute * MINUTE + index * 3 * SECOND, minute * 1000 + index),
  );
  return [0, 5, 10, 15].map((start) => toLine(signal, items.slice(start, start + 5)));
}

const toFile = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const late = toLine('logs', [itemAt('logs', NOON + 5, 9999)]);
const counts = { logs: PER_MINUTE, spans: PER_MINUTE, metric_points: PER_MINUTE };

async function makeWorld() {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-otlp-'));
  const path = (name: string): string => join(directory, name);
  for (const signal of signals) {
    const lines = [0, 1, 2].flatMap((minute) => linesOf(signal, minute));
    await writeFile(path(`${signal}-2026.json.gz`), gzipSync(toFile(lines.slice(0, 5))));
    await writeFile(path(`${signal}.json`), toFile(lines.slice(5)));
    await utimes(path(`${signal}-2026.json.gz`), OLD, OLD);
  }
  await writeFile(path('notes.txt'), 'not telemetry');
  const source = createOtlpFilesSource({ type: 'otlp_files', path: directory }, {});
  const add =
    (change: () => Promise<unknown>, logs = 0) =>
    async (): Promise<Partial<RowCounts>> => {
      await change();
      return { logs };
    };
  const packed = path('logs-2026.json.gz');
  return {
    ...{ directory, path, source, range, expected: [counts, counts, counts] },
    changes: {
      'appended lines': add(() => appendFile(path('logs.json'), toFile([late, late])), 2),
      'a new file': add(() => writeFile(path('other.jsonl'), toFile([late])), 1),
      'a new compressed file below a directory': add(async () => {
        await mkdir(path('cart'));
        await writeFile(path('cart/logs.json.1.zst'), zstdCompressSync(toFile([late])));
      }, 1),
      'nothing of half a line': add(() => appendFile(path('logs.json'), late.slice(0, 50))),
      'a last line without a newline': add(() => appendFile(path('logs.json'), late), 1),
      'no difference after a rotation': add(async () => {
        await rename(path('logs.json'), path('logs-2027.json'));
        await writeFile(path('logs.json'), '');
      }),
      'no difference while a rotated file is compressed': add(() => writeFile(path('logs.json.gz'), gzipSync(toFile([late])))),
      'a malformed line': add(() => appendFile(path('spans.json'), '{"resourceSpans":[{"scopeSpans":7}]}\n'), 1),
    },
    faults: {
      'a truncated compressed file': {
        inflict: async () => {
          await truncate(packed, Math.floor((await stat(packed)).size / 2));
          await utimes(packed, OLD, OLD);
        },
        code: 'OB_SOURCE_OBJECT_CORRUPT' as const,
      },
      'a damaged compressed file': {
        inflict: async () => {
          const bytes = gzipSync(toFile(linesOf('logs', 0)));
          bytes.fill(255, 40, 60);
          await writeFile(packed, bytes);
        },
        code: 'OB_SOURCE_OBJECT_CORRUPT' as const,
      },
      'a directory that is gone': { inflict: () => rm(directory, { recursive: true }), code: 'OB_SOURCE_UNREADABLE' as const },
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describeSource('otlp_files', makeWorld, {
  changes: [
    ...[
      'appended lines',
      'a new file',
      'a new compressed file below a directory',
      'nothing of half a line',
      'a last line without a newline',
    ],
    ...['no difference after a rotation', 'no difference while a rotated file is compressed', 'a malformed line'],
  ],
  faults: ['a truncated compressed file', 'a damaged compressed file', 'a directory that is gone'],
});

/** Logs of the range as `minute|body|rejected`, sorted. */
async function readLogs(source: Source, window: Window = range): Promise<{ rows: string[]; bytes: number; objects: number }> {
  await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '128MB', threads: 1 });
  await using slice = await source.open({ logs: window, spans: window, metric_points: window }, session, new AbortController().signal);
  const rows = await session.rows<{ row: string }>(
    `select concat_ws('|', (timestamp - ${NOON}) // ${MINUTE}, body, rejected) as row from (${slice.relations.logs}) order by all`,
  );
  return { rows: rows.map(({ row }) => row), bytes: slice.bytes, objects: slice.objects };
}

const logLine = (minute: number, body: string, extra: Record<string, Json> = {}): string =>
  toLine('logs', [{ timeUnixNano: toNanos(NOON + minute * MINUTE), body: { stringValue: body }, ...extra }]);

async function inDirectory(check: (directory: string, source: Source) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-otlp-'));
  try {
    await check(directory, createOtlpFilesSource({ type: 'otlp_files', path: directory }, {}));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const warningsOf = async (source: Source): Promise<string[]> =>
  (await source.check(new AbortController().signal)).filter(({ level }) => level !== 'ok').map(({ text }) => text);

describe('otlp_files', () => {
  it('reads an append from where the file ended', () =>
    inDirectory(async (directory, source) => {
      const file = join(directory, 'logs.json');
      const lines = Array.from({ length: 100 }, (_, index) => logLine(0, `line ${index}`));
      await writeFile(file, toFile(lines));
      expect((await readLogs(source)).rows).toHaveLength(100);
      // A reader that began anew would stumble over what is now in the middle.
      await writeFile(file, `${toFile(lines.slice(0, 50))}${'#'.repeat(toFile(lines.slice(50)).length - 1)}\n`);
      await appendFile(file, toFile([logLine(1, 'appended')]));
      expect(await warningsOf(source)).toEqual([]);
    }));

  it('begins anew with a file that was cut, or written again, in its place', () =>
    inDirectory(async (directory, source) => {
      const file = join(directory, 'logs.json');
      await writeFile(file, toFile([logLine(0, 'one'), logLine(0, 'two')]));
      expect((await readLogs(source)).rows).toEqual(['0|one', '0|two']);
      await writeFile(file, toFile([logLine(1, 'three')]));
      expect((await readLogs(source)).rows).toEqual(['1|three']);
      await writeFile(file, toFile([logLine(2, 'a'), logLine(2, 'b'), logLine(2, 'c')]));
      expect((await readLogs(source)).rows).toEqual(['2|a', '2|b', '2|c']);
      expect(await warningsOf(source)).toEqual([]);
    }));

  it('takes the rest of half a line when it comes, and never the half', () =>
    inDirectory(async (directory, source) => {
      const [file, line] = [join(directory, 'logs.json'), `${logLine(0, 'whole')}\n`];
      await writeFile(file, '');
      for (const [start, end, found] of [
        [0, 20, []],
        [20, line.length - 2, []],
        [line.length - 2, line.length - 1, ['0|whole']],
        [line.length - 1, line.length, ['0|whole']],
      ] as const) {
        await appendFile(file, line.slice(start, end));
        expect((await readLogs(source)).rows).toEqual(found);
      }
      expect(await warningsOf(source)).toEqual([]);
    }));

  it('says which file was left in the middle of a line', () =>
    inDirectory(async (directory, source) => {
      await writeFile(join(directory, 'left.json'), toFile([logLine(0, 'whole')]) + logLine(0, 'half').slice(0, 30));
      expect(await warningsOf(source)).toEqual([]);
      await utimes(join(directory, 'left.json'), OLD, OLD);
      await writeFile(join(directory, 'newer.json'), toFile([logLine(0, 'newer')]));
      expect(await warningsOf(source)).toEqual([expect.stringContaining('left.json ends within a line')]);
      expect((await readLogs(source)).rows).toEqual(['0|newer', '0|whole']);
    }));

  it('reads only the blocks of a long file that may hold rows of the range', () =>
    inDirectory(async (directory, source) => {
      const filler = 'x'.repeat(5000);
      const lines = Array.from({ length: 1000 }, (_, index) => logLine(index - 500, `${index}${filler}`));
      await writeFile(join(directory, 'logs.json'), toFile(lines));
      const { rows, bytes } = await readLogs(source);
      expect(rows.map((row) => row.slice(0, 5))).toEqual(['0|500', '1|501', '2|502']);
      expect(bytes).toBeLessThan(1.2 * 1024 * 1024);
    }));

  it('goes on where a canceled read stopped, and serves several readers at once', () =>
    inDirectory(async (directory, source) => {
      const lines = Array.from({ length: 1000 }, (_, index) => logLine(index % 3, `${index}${'x'.repeat(3000)}`));
      await writeFile(join(directory, 'a.json'), toFile(lines));
      await writeFile(join(directory, 'b.json.gz'), gzipSync(toFile(lines)));
      await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '128MB', threads: 1 });
      for (let chunks = 1; chunks < 30; chunks += 4) {
        let looks = 0;
        const signal = Object.create(new AbortController().signal, { aborted: { get: () => looks++ > chunks } });
        await expect(source.open({ logs: range, spans: range, metric_points: range }, session, signal)).rejects.toMatchObject({
          code: 'OB_CANCELED',
        });
      }
      const [first, second] = await Promise.all([readLogs(source), readLogs(source)]);
      expect(first.rows).toHaveLength(2000);
      expect(new Set(first.rows).size).toBe(1000);
      expect(second.rows).toEqual(first.rows);
    }));

  it('reads lines of many megabytes', () =>
    inDirectory(async (directory, source) => {
      const long = 'né"\n'.repeat(1_000_000);
      const many = Array.from({ length: 20_000 }, (_, index) => itemAt('logs', NOON + MINUTE + index, index));
      await writeFile(join(directory, 'logs.json'), toFile([logLine(0, long), toLine('logs', many), logLine(2, 'x'.repeat(20_000_000))]));
      const { rows } = await readLogs(source);
      expect(rows).toHaveLength(20_002);
      expect(rows[0] === `0|${long}`).toBe(true);
      expect(rows.at(-1)).toHaveLength(2 + 4 * 1024 * 1024);
    }));

  it('counts malformed lines as rejected logs of the line before them, else of the first one after', () =>
    inDirectory(async (directory, source) => {
      const lines = ['{', '', logLine(1, 'good'), '[1]', '{"resourceProfiles":[]}', '{}', logLine(2, 'good'), '\u0000\u0001', '  '];
      await writeFile(join(directory, 'logs.json'), toFile(lines));
      await writeFile(join(directory, 'spans.json'), toFile(['nothing', 'good']));
      expect((await readLogs(source)).rows).toEqual(['1|good', '1|malformed', '1|malformed', '1|malformed', '2|good', '2|malformed']);
      const warnings = await warningsOf(source);
      expect(warnings.filter((text) => text.includes('logs.json has 4 lines'))).toHaveLength(1);
      expect(warnings.filter((text) => text.includes('spans.json has 2 lines') && text.includes('nowhere'))).toHaveLength(1);
    }));

  it('files lines without a time across the blocks of a file', () =>
    inDirectory(async (directory, source) => {
      const filler = `${'x'.repeat(600_000)}`;
      const lines = [filler, filler, logLine(0, 'a'), logLine(2, 'b'), logLine(2, filler), logLine(1, `c${filler}`), '{', logLine(0, 'd')];
      await writeFile(join(directory, 'logs.json'), toFile(lines));
      expect((await readLogs(source)).rows.map((row) => row.slice(0, 11))).toEqual([
        ...['0|a', '0|d', '0|malformed', '0|malformed', '1|cxxxxxxxx', '1|malformed', '2|b', '2|xxxxxxxxx'],
      ]);
      const minute = { from: NOON + MINUTE, to: NOON + 2 * MINUTE };
      expect((await readLogs(source, minute)).rows.map((row) => row.slice(0, 11))).toEqual(['1|cxxxxxxxx', '1|malformed']);
      expect((await readLogs(source, { from: NOON, to: minute.from })).rows).toEqual(['0|a', '0|d', '0|malformed', '0|malformed']);
    }));

  it('rejects impossible times under the time of the line before them', () =>
    inDirectory(async (directory, source) => {
      const [zero, seconds] = [{ timeUnixNano: '0' }, { timeUnixNano: String(NOON / SECOND) }];
      const mixed = toLine('logs', [
        { ...zero, body: { stringValue: 'mixed' } },
        { timeUnixNano: toNanos(NOON + 2 * MINUTE), body: { stringValue: 'fine' } },
      ]);
      const lines = [logLine(0, 'first', zero), logLine(1, 'fine'), logLine(0, 'in seconds', seconds), mixed];
      await writeFile(join(directory, 'logs.json'), toFile(lines));
      const implausible = 'implausible_time';
      expect((await readLogs(source)).rows).toEqual(
        ['1|fine', `1|first|${implausible}`, `1|in seconds|${implausible}`, '2|fine', `2|mixed|${implausible}`].sort(),
      );
    }));

  it('reads a compressed file that somebody still writes as far as it goes', () =>
    inDirectory(async (directory, source) => {
      const lines = Array.from({ length: 2000 }, (_, index) => logLine(0, `line ${index} ${Math.sin(index)}`));
      const bytes = gzipSync(toFile(lines));
      await writeFile(join(directory, 'logs.json.gz'), bytes.subarray(0, bytes.length / 2));
      const found = (await readLogs(source)).rows.length;
      expect(found).toBeGreaterThan(500);
      expect(found).toBeLessThan(2000);
      expect(await warningsOf(source)).toEqual([]);
      await writeFile(join(directory, 'logs.json.gz'), bytes);
      expect((await readLogs(source)).rows).toHaveLength(2000);
      await truncate(join(directory, 'logs.json.gz'), bytes.length >> 1);
      await utimes(join(directory, 'logs.json.gz'), OLD, OLD);
      expect((await readLogs(source)).rows).toHaveLength(found);
      // Once another file is newer nobody writes this one any more.
      await writeFile(join(directory, 'newer.json'), toFile([logLine(0, 'newer')]));
      await expect(readLogs(source)).rejects.toMatchObject({ code: 'OB_SOURCE_OBJECT_CORRUPT' });
      expect(await warningsOf(source)).toEqual([expect.stringContaining('logs.json.gz is damaged')]);
    }));

  it("reads what the collector's own compression writes: lengths, each before a packed request", () =>
    inDirectory(async (directory, source) => {
      const frame = (line: string): Buffer => {
        const packed = zstdCompressSync(line);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(packed.length);
        return Buffer.concat([length, packed]);
      };
      const file = join(directory, 'logs.json');
      await writeFile(file, Buffer.concat([frame(logLine(0, 'one')), frame(logLine(1, 'two')), frame(logLine(2, 'half')).subarray(0, 30)]));
      expect((await readLogs(source)).rows).toEqual(['0|one', '1|two']);
      await writeFile(join(directory, 'newer.json'), toFile([logLine(0, 'newer')]));
      await utimes(file, OLD, OLD);
      await expect(readLogs(source)).rejects.toMatchObject({ code: 'OB_SOURCE_OBJECT_CORRUPT' });
    }));

  it('takes a single file or a pattern instead of a directory', () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, 'a.json'), toFile([logLine(0, 'a')]));
      await writeFile(join(directory, 'b.txt'), toFile([logLine(0, 'b')]));
      const rowsAt = async (path: string) =>
        (await readLogs(createOtlpFilesSource({ type: 'otlp_files', path: join(directory, path) }, {}))).rows;
      expect(await rowsAt('b.txt')).toEqual(['0|b']);
      expect(await rowsAt('*')).toEqual(['0|a', '0|b']);
      expect(await rowsAt('*.txt')).toEqual(['0|b']);
      expect(await rowsAt('*.gz')).toEqual([]);
      await expect(rowsAt('c.json')).rejects.toMatchObject({ code: 'OB_SOURCE_UNREADABLE' });
    }));

  it('gives the same rows however lines are ordered, split over files and compressed', async () => {
    const lines = signals.flatMap((signal) => [0, 1, 2].flatMap((minute) => linesOf(signal, minute)));
    const contentOf = async (files: readonly { name: string; bytes: string | Buffer }[]): Promise<unknown> => {
      let content: unknown;
      await inDirectory(async (directory, source) => {
        for (const { name, bytes } of files) await writeFile(join(directory, name), bytes);
        await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '128MB', threads: 1 });
        await using slice = await source.open({ logs: range, spans: range, metric_points: range }, session, new AbortController().signal);
        const sums = signals.map(
          (signal) => `(select sum(hash(row)::hugeint)::varchar || '/' || count(*) from (${slice.relations[signal]}) as row) as ${signal}`,
        );
        content = {
          ...(await session.rows<Record<string, string>>(`select ${sums.join(', ')}`))[0],
          streams: slice.streams.map(({ name }) => name).sort(),
        };
      });
      return content;
    };
    const expected = await contentOf([{ name: 'all.json', bytes: toFile(lines) }]);
    expect(expected).toMatchObject({ logs: expect.stringMatching(/\/60$/), spans: expect.stringMatching(/\/60$/) });
    const place = fc.record({ file: fc.nat(4), order: fc.nat() });
    const packing = fc.array(fc.constantFrom('', '.gz', '.zst'), { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: lines.length, maxLength: lines.length }), packing, async (places, packings) => {
        const files = packings.map((suffix, file) => {
          const mine = lines.map((line, index) => ({ line, ...places[index] })).filter((entry) => entry.file === file);
          const text = toFile(mine.sort((a, b) => (a.order ?? 0) - (b.order ?? 0)).map(({ line }) => line));
          return {
            name: `${file}.json${suffix}`,
            bytes: suffix === '.gz' ? gzipSync(text) : suffix === '.zst' ? zstdCompressSync(text) : text,
          };
        });
        expect(await contentOf(files)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('reads no file without rows in the range', () =>
    inDirectory(async (directory, source) => {
      await writeFile(join(directory, 'out.json'), toFile([logLine(-1, 'before'), logLine(-2, 'long before')]));
      await writeFile(join(directory, 'in.json'), toFile([logLine(-1, 'before'), logLine(0, 'in'), logLine(3, 'after')]));
      expect(await readLogs(source)).toMatchObject({ rows: ['0|in'], objects: 1 });
    }));
});
