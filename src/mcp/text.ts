/** Characters of the text of an answer; agents pay for every one. */
const MOST = 8000;
/** Characters of one value: the most with which the whole answer fits, else the least. */
const CELLS = [2000, 600, 240];
const APART = new Set(['summary', 'hint', 'truncated', 'tenant_id', 'as_of', 'provenance']);

/** An answer as text for agents: the summary, one line per row with the names of its columns above, and where it comes from; at most 8000 characters. */
export function toText(answer: Readonly<Record<string, unknown>>): string {
  const head = [String(answer.summary), ...(answer.hint === undefined ? [] : [`Hint: ${answer.hint}`])];
  const parts = Object.entries(answer).filter(([name]) => !APART.has(name));
  const more = answer.truncated === true ? ['There is more: raise `limit`, or narrow the question.'] : [];
  const origin = `tenant_id ${answer.tenant_id}, as_of ${answer.as_of}, provenance ${toCell(answer.provenance, 1000)}`;
  const end = [...more, origin].join('\n');
  let lines: string[] = [];
  for (const most of CELLS) {
    lines = [...head, ...parts.flatMap(([name, value]) => toLines(name, value, most))];
    if (lines.join('\n').length + end.length < MOST) return [...lines, end].join('\n');
  }
  const kept: string[] = [];
  let left = MOST - end.length - 100;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  const note = `… ${lines.length - kept.length} more lines: the structured content has them all.`;
  return [...kept, note, end].join('\n');
}

function toLines(name: string, value: unknown, most: number): string[] {
  if (!Array.isArray(value)) return value === null ? [] : [`${name}: ${toCell(value, most)}`];
  if (value.length === 0) return [];
  if (!value.every(isRow)) return [`${name}: ${value.map((item) => toCell(item, most)).join(', ')}`];
  const names = [...new Set(value.flatMap(Object.keys))].filter(
    (column) => value.some((row) => !isVoid(row[column])) && !(column === 'name' && value.every(isNamedByUrn)),
  );
  return [
    `${name} (${value.length}): ${names.join(' | ')}`,
    ...value.map((row) => names.map((column) => toCell(row[column], most)).join(' | ')),
  ];
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedByUrn({ urn, name }: Readonly<Record<string, unknown>>): boolean {
  return typeof urn === 'string' && typeof name === 'string' && (urn.endsWith(`/${name}`) || urn.endsWith(`:${name}`));
}

function isVoid(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

function toCell(value: unknown, most: number): string {
  if (isVoid(value)) return '-';
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  const text = typeof value === 'string' ? value : toWords(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
}

/** A value inside a cell: lists by commas, and members with their names. */
function toWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(toWords).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => !isVoid(member));
  return `{${members.map(([name, member]) => `${name}: ${toWords(member)}`).join(', ')}}`;
}
