import { rank, severities } from '../core/severity.ts';

/** The severities as an SQL array, from the least on: `array_position` in it is the rank. */
export const severityScale = `array[${severities.map((severity) => `'${severity}'`).join(', ')}]`;

// The usual one first: array_position takes the array apart for every row.
const usualFirst = severities.toSorted((a, b) => Number(b === 'info') - Number(a === 'info'));

/** SQL for the rank of the severity in a column, null where it has none; for sums over many rows. */
export const severityRank = (column: string): string =>
  `case ${column} ${usualFirst.map((severity) => `when '${severity}' then ${rank(severity)}`).join(' ')} end`;
