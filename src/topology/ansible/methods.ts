import type { FilterContext } from './evaluation.ts';
import { UNKNOWN_PIECE } from './marks.ts';
import { member } from './operators.ts';
import { isTagged, type RunValue, type Table, toTable, UNKNOWN } from './run-value.ts';

/** Splits text as Python does; of an address only the first label still refers to its host. */
export function splitText({ evaluation: { marks } }: FilterContext, text: string, separator: RunValue, limit: RunValue): RunValue {
  const plain = marks.plain(text);
  const by = typeof separator === 'string' && separator !== '' ? marks.plain(separator) : undefined;
  let parts = by === undefined ? plain.split(/\s+/).filter((part) => part !== '') : plain.split(by);
  if (typeof limit === 'number' && limit >= 0 && parts.length > limit + 1)
    parts = [...parts.slice(0, limit), parts.slice(limit).join(by ?? ' ')];
  if (by === '.' && /^[\d.]+$/.test(plain)) return parts;
  // Each piece of a list keeps its own reference.
  const pieces = by === undefined ? text.split(/\s+/).filter((part) => part !== '') : text.split(by);
  if (pieces.length === parts.length) return pieces;
  return parts.map((part, index) => (index === 0 ? marks.keep(text, part) : part));
}

/** Changes text but keeps what it refers to. */
export function changeText({ evaluation: { marks } }: FilterContext, text: string, change: (plain: string) => string): string {
  return text.includes(UNKNOWN_PIECE) ? text : marks.keep(text, change(marks.plain(text)));
}

function strip(text: string, characters: RunValue, ends: 'both' | 'left' | 'right'): string {
  const set = typeof characters === 'string' ? new Set(characters) : undefined;
  const isStripped = (character: string | undefined) => character !== undefined && (set ? set.has(character) : /\s/.test(character));
  let [from, to] = [0, text.length];
  while (ends !== 'right' && from < to && isStripped(text[from])) from += 1;
  while (ends !== 'left' && to > from && isStripped(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

function formatBraces(
  format: string,
  args: readonly RunValue[],
  named: ReadonlyMap<string, RunValue>,
  toText: (value: RunValue) => string,
): string {
  let next = 0;
  return format.replace(/\{(\w*)(?::[^}]*)?\}/g, (_, key: string) => {
    if (key === '') next += 1;
    const value = key === '' ? args[next - 1] : /^\d+$/.test(key) ? args[Number(key)] : named.get(key);
    return toText(value);
  });
}

/** Longest text in which parts are replaced: what grows at each step of a loop ends there. */
const MAX_REPLACED = 2 ** 16;

function replaceText(context: FilterContext, text: string, part: RunValue, by: RunValue): RunValue {
  const { marks } = context.evaluation;
  if (typeof part !== 'string' || typeof by !== 'string' || part === '') return text;
  if (text.length > MAX_REPLACED || by.length > 1000) return UNKNOWN;
  return changeText(context, text, (plain) => plain.replaceAll(marks.plain(part), () => marks.plain(by)));
}

function callText(
  context: FilterContext,
  text: string,
  name: string,
  args: readonly RunValue[],
  named: ReadonlyMap<string, RunValue>,
): RunValue {
  const { marks } = context.evaluation;
  const [first, second] = args;
  const change = (by: (plain: string) => string): string => changeText(context, text, by);
  switch (name) {
    case 'upper':
      return change((plain) => plain.toUpperCase());
    case 'lower':
      return change((plain) => plain.toLowerCase());
    case 'title':
    case 'capitalize':
      return text;
    case 'strip':
      return change((plain) => strip(plain, first, 'both'));
    case 'lstrip':
      return change((plain) => strip(plain, first, 'left'));
    case 'rstrip':
      return change((plain) => strip(plain, first, 'right'));
    case 'replace':
      return replaceText(context, text, first, second);
    case 'split':
      return splitText(context, text, first, second);
    case 'splitlines':
      return text.split('\n');
    case 'join':
      return Array.isArray(first) ? first.map(context.toText).join(text.length > 1000 ? '' : text) : context.toText(first);
    case 'format':
      return formatBraces(text, args, named, context.toText);
    case 'startswith':
      return typeof first === 'string' ? marks.plain(text).startsWith(marks.plain(first)) : UNKNOWN;
    case 'endswith':
      return typeof first === 'string' ? marks.plain(text).endsWith(marks.plain(first)) : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function callTable(table: Table, name: string, args: readonly RunValue[], marks: FilterContext['evaluation']['marks']): RunValue {
  const [first, second] = args;
  switch (name) {
    case 'get':
      return typeof first === 'string' ? (table.get(marks.plain(first)) ?? second ?? null) : UNKNOWN;
    case 'items':
    case 'iteritems':
      return table.keys().map((key) => [key, table.get(key)]);
    case 'keys':
      return [...table.keys()];
    case 'values':
      return table.keys().map((key) => table.get(key));
    case 'copy':
      return toTable(new Map(table.keys().map((key) => [key, table.get(key)])));
    default:
      return UNKNOWN;
  }
}

/** Calls a method of text, list or table as Python would; unknown for methods that are not known. Only lists change, by `append` and `extend`. */
export function callMethod(
  context: FilterContext,
  object: RunValue,
  name: string,
  args: readonly RunValue[],
  named: ReadonlyMap<string, RunValue>,
): RunValue {
  const [first] = args;
  if (typeof object === 'string') return callText(context, object, name, args, named);
  if (isTagged(object, 'table')) return callTable(object, name, args, context.evaluation.marks);
  if (isTagged(object, 'fact')) {
    const text = context.toText(object);
    return text === UNKNOWN_PIECE ? UNKNOWN : callText(context, text, name, args, named);
  }
  if (!Array.isArray(object)) return isTagged(member(context.evaluation.marks, object, name), 'unknown') ? UNKNOWN : undefined;
  context.evaluation.budget.steps -= (object.length >> 4) + (Array.isArray(first) ? first.length : 0);
  if (context.evaluation.budget.steps < 0) return UNKNOWN;
  if (name === 'append' && !Object.isFrozen(object)) object.push(first);
  else if (name === 'extend' && Array.isArray(first) && !Object.isFrozen(object)) object.push(...first);
  else if (name === 'index') return object.findIndex((each) => context.toText(each) === context.toText(first));
  else return UNKNOWN;
  return null;
}
