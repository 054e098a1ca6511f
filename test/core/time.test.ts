import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, formatDuration, formatTime, HOUR, MINUTE, parseDuration, parseTime, SECOND, toMicros } from '../../src/core/time.ts';

describe('parseTime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2023-01-30T12:00:00Z', 1_675_080_000 * SECOND],
    ['2023-01-30T12:00Z', 1_675_080_000 * SECOND],
    ['2023-01-30 12:00:00', 1_675_080_000 * SECOND],
    ['2023-01-30', 1_675_036_800 * SECOND],
    ['2023-01-30T12:00:00.000001Z', 1_675_080_000_000_001],
    ['2023-01-30T12:00:00.1Z', 1_675_080_000_100_000],
    ['2023-01-30T12:00:00.123456789Z', 1_675_080_000_123_456],
    ['2023-01-30T13:30:00+01:30', 1_675_080_000 * SECOND],
    ['2023-01-30T07:00:00-0500', 1_675_080_000 * SECOND],
    ['1969-12-31T23:59:59.5Z', -500_000],
  ])('reads %s', (text, time) => expect(parseTime(text)).toBe(time));

  it.each([
    ...['', 'now', '2023-01-30T25:00:00Z', '2023-02-29', '2023-13-01', '2023-01-30T12', '1675080000', '2023-01-30T12:00:00Zulu'],
    ...['2023-01-30T12:00:00 2023', '23-01-30'],
  ])('refuses %j', (text) => expect(parseTime(text)).toBeUndefined());

  it('reads what formatTime writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000 * DAY, max: 80_000 * DAY }), (time) => {
        expect(parseTime(formatTime(time))).toBe(time);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500_000],
    ['90s', 90 * SECOND],
    ['1h30m', 90 * MINUTE],
    ['1d2h', 26 * HOUR],
    ['0s', 0],
  ])('reads %s', (text, micros) => expect(parseDuration(text)).toBe(micros));

  it.each(['', '1', 'm', '1.5h', '-1m', '1 m', '1w', '1h 30m', '1m!'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(() => toMicros(text)).toThrow(RangeError);
  });

  it('reads what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (ms) => {
        expect(parseDuration(formatDuration(ms * 1000))).toBe(ms * 1000);
      }),
    );
    expect(formatDuration(90 * MINUTE)).toBe('1h30m');
    expect(formatDuration(DAY)).toBe('1d');
  });
});
