import type { LocatorLines } from '../../../../src/api/contract.ts';
import { alignTemplate } from '../../text/template.ts';

/** Names under which the text of a line is stored, the usual first. */
const bodies = ['body', 'log', 'message', 'msg', 'content', '_raw'];

/** The field that holds the line: one that has the shape of the pattern, else one of the usual names. */
export function findBody(row: LocatorLines['rows'][number], template: string): string | undefined {
  const texts = Object.entries(row).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  return texts.find(([, text]) => alignTemplate(template, text) !== undefined)?.[0] ?? bodies.find((name) => typeof row[name] === 'string');
}
