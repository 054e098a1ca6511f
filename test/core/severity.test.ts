import { expect, test } from 'vitest';
import { isError, parseSeverity, parseSyslogSeverity, rank, severities } from '../../src/core/severity.ts';

test.each([
  ['INFO', 'info'],
  ['Warning', 'warn'],
  ['W', 'warn'],
  ['ERR', 'error'],
  ['SEVERE', 'error'],
  ['critical', 'fatal'],
  ['EMERG', 'fatal'],
  ['notice', 'info'],
  ['FINEST', 'trace'],
  ['V', 'debug'],
  ['INFO2', 'info'],
  ['SEVERITY_NUMBER_ERROR3', 'error'],
  [' debug ', 'debug'],
  [1, 'trace'],
  [9, 'info'],
  ['17', 'error'],
  [24, 'fatal'],
  [0, null],
  [25, null],
  [1.5, null],
  ['', null],
  ['bob', null],
] as const)('%j is %s', (level, severity) => {
  expect(parseSeverity(level)).toBe(severity);
});

test('syslog severities are 0 to 7', () => {
  expect([-1, 0, 3, 4, 6, 7, 8].map(parseSyslogSeverity)).toEqual([null, 'fatal', 'error', 'warn', 'info', 'debug', null]);
});

test('the scale is ordered, and error and fatal are errors', () => {
  expect(severities.map(rank)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rank(null)).toBe(0);
  expect(severities.filter(isError)).toEqual(['error', 'fatal']);
  expect(isError(null)).toBe(false);
});
