import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { createLogger, type Level } from '../../src/telemetry/logger.ts';
import { createProgress } from '../../src/telemetry/progress.ts';

function logLines(format: 'json' | 'text', level: Level = 'info') {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, format, write: (line) => lines.push(line) }) };
}

describe('createLogger', () => {
  it('writes JSON lines with the bound fields and without secrets', () => {
    const { lines, logger } = logLines('json');
    logger
      .child({ run_id: 'r', job: 'oo-agg' })
      .info({ url: 'postgres://me:pw@db', token: 'abc', source: { password: 'abc' } }, 'window read');
    logger.debug({}, 'not written');
    expect(lines).toHaveLength(1);
    const expected = {
      level: 'info',
      run_id: 'r',
      job: 'oo-agg',
      url: 'postgres://me:***@db',
      token: '***',
      source: { password: '***' },
      msg: 'window read',
    };
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(expected);
  });

  it('writes causes of errors only at level debug', () => {
    const error = new ObserveBridgeError('OB_DATABASE_FAILED', 'database', 'It failed.', new Error('reset'));
    const plain = logLines('json');
    plain.logger.error({ error }, 'failed');
    expect(JSON.parse(plain.lines[0] ?? '').error).toEqual({ code: 'OB_DATABASE_FAILED', stage: 'database', message: 'It failed.' });
    const verbose = logLines('json', 'debug');
    verbose.logger.error({ error }, 'failed');
    expect(JSON.parse(verbose.lines[0] ?? '').error.causes).toEqual(['Error: reset']);
  });

  it('writes text for people', () => {
    const { lines, logger } = logLines('text');
    logger.warn({ tenant_id: 'demo', rows: 3 }, 'late rows');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN late rows tenant_id=demo rows=3\n$/);
  });
});

describe('createProgress', () => {
  it('prints plain lines, not more often than the interval', () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    let now = 0;
    const progress = createProgress({ stream, isTerminal: false, now: () => now, interval_ms: 1000, suffix: ' run_id=r' });
    progress.start(60, 'oo-agg');
    progress.advance(10, '12:10');
    now = 1500;
    progress.advance(10, '12:20');
    progress.advance(10);
    progress.print('a line');
    progress.advance(30, '13:00');
    progress.stop();
    progress.stop();
    expect(stream.read()).toBe('oo-agg: 20/60 12:20 run_id=r\na line\noo-agg: 60/60 13:00 run_id=r\n');
  });

  it('draws a bar on a terminal and keeps the lines printed meanwhile', () => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 80 });
    const progress = createProgress({ stream, isTerminal: true, now: () => 0 });
    progress.start(4, 'oo-agg');
    progress.advance(2, '12:02');
    progress.print('a line');
    progress.stop();
    const drawn = String(stream.read());
    expect(drawn).toContain('2/4');
    expect(drawn).toContain('a line\n');
    expect(drawn.endsWith('\u001b[?25h') || drawn.includes('\u001b[?25h')).toBe(true);
  });
});
