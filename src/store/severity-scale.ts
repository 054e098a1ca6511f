import { severities } from '../core/severity.ts';

/** The severities as an SQL array, from the least on: `array_position` in it is the rank. */
export const severityScale = `array[${severities.map((severity) => `'${severity}'`).join(', ')}]`;
