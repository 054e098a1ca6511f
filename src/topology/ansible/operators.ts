import { type Marks, UNKNOWN_PIECE } from './marks.ts';
import { type Fact, isAddress, isTagged, isTrue, type RunValue, UNKNOWN } from './run-value.ts';

export const constants: ReadonlyMap<string, RunValue> = new Map<string, RunValue>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** A fact as text: an address stands for its host, anything else is not known. */
export function factText(marks: Marks, fact: Fact): string {
  return isAddress(fact) ? marks.mark({ kind: 'host', target: fact.host, text: fact.host, via: fact.via }) : UNKNOWN_PIECE;
}

function isKnown(value: RunValue): boolean {
  if (typeof value === 'string') return !value.includes(UNKNOWN_PIECE);
  return value !== undefined && !isTagged(value, 'unknown') && !isTagged(value, 'fact') && !isTagged(value, 'callable');
}

/** Whether two values are equal; undefined when that cannot be known. Marks make no difference. */
export function isEqual(marks: Marks, a: RunValue, b: RunValue): boolean | undefined {
  if (!isKnown(a) || !isKnown(b)) return undefined;
  if (typeof a === 'string' && typeof b === 'string') return marks.plain(a) === marks.plain(b);
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false;
    return allOf(a.map((item, index) => isEqual(marks, item, b[index])));
  }
  if (isTagged(a, 'table') && isTagged(b, 'table')) {
    const [left, right] = [a, b];
    if (left.keys().length !== right.keys().length) return false;
    return allOf(left.keys().map((key) => isEqual(marks, left.get(key), right.get(key))));
  }
  return a === b;
}

function allOf(truths: readonly (boolean | undefined)[]): boolean | undefined {
  return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
}

/** Whether a value is in a list, table or text; undefined when that cannot be known. */
export function isIn(marks: Marks, item: RunValue, container: RunValue): boolean | undefined {
  if (!isKnown(item) || !isKnown(container)) return undefined;
  if (Array.isArray(container)) {
    const truths = container.map((each) => isEqual(marks, item, each));
    return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
  }
  if (isTagged(container, 'table')) return typeof item === 'string' && container.keys().includes(marks.plain(item));
  if (typeof container === 'string' && typeof item === 'string') return marks.plain(container).includes(marks.plain(item));
  return undefined;
}

function toTruth(truth: boolean | undefined, isNegated = false): RunValue {
  return truth === undefined ? UNKNOWN : truth !== isNegated;
}

/** Comparison of what has an order: below zero, zero or above; undefined when there is none. */
export function compare(marks: Marks, a: RunValue, b: RunValue): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== 'string' || typeof b !== 'string' || !isKnown(a) || !isKnown(b)) return undefined;
  const [left, right] = [marks.plain(a), marks.plain(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Operators between numbers; undefined for others. */
function calculate(operator: string, a: number, b: number): RunValue {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      return a ** b;
    case '/':
      return b === 0 ? UNKNOWN : a / b;
    case '//':
      return b === 0 ? UNKNOWN : Math.floor(a / b);
    case '%':
      return b === 0 ? UNKNOWN : a - b * Math.floor(a / b);
    default:
      return UNKNOWN;
  }
}

/** `'%s:%d' % values`, as far as text and numbers go. */
export function formatText(format: string, values: readonly RunValue[], toText: (value: RunValue) => string): string {
  let next = 0;
  return format.replace(/%(%|[-0 +#]*\d*(?:\.\d+)?[sdifr])/g, (_, code: string) => {
    if (code === '%') return '%';
    const text = next < values.length ? toText(values[next]) : UNKNOWN_PIECE;
    next += 1;
    const width = /^0(\d+)d$/.exec(code)?.[1];
    return width === undefined || text.includes(UNKNOWN_PIECE) ? text : text.padStart(Math.min(Number(width), 100), '0');
  });
}

function add(left: RunValue, right: RunValue, toText: (value: RunValue) => string): RunValue {
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  // What is added to a list is a list, of which the known part counts.
  if (Array.isArray(left) || Array.isArray(right)) return Array.isArray(left) ? left : right;
  if (typeof left === 'string' || typeof right === 'string') return toText(left) + toText(right);
  return UNKNOWN;
}

/** Operators with two sides; the right one is evaluated when it is needed. */
export function binary(
  marks: Marks,
  operator: string,
  left: RunValue,
  rightOf: () => RunValue,
  toText: (value: RunValue) => string,
): RunValue {
  if (operator === 'and' || operator === 'or') {
    const truth = isTrue(left);
    if (truth !== undefined) return truth === (operator === 'or') ? left : rightOf();
    const right = rightOf();
    return isTrue(right) === (operator === 'or') ? right : UNKNOWN;
  }
  const right = rightOf();
  switch (operator) {
    case '==':
      return toTruth(isEqual(marks, left, right));
    case '!=':
      return toTruth(isEqual(marks, left, right), true);
    case 'in':
      return toTruth(isIn(marks, left, right));
    case 'not in':
      return toTruth(isIn(marks, left, right), true);
    case '~':
      return toText(left) + toText(right);
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const order = compare(marks, left, right);
      if (order === undefined) return UNKNOWN;
      return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0;
    }
  }
  if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
  if (operator === '+') return add(left, right, toText);
  if (operator === '%' && typeof left === 'string') return formatText(left, Array.isArray(right) ? right : [right], toText);
  return UNKNOWN;
}

export function unary(operator: string, argument: RunValue): RunValue {
  if (operator === 'not') return toTruth(isTrue(argument), true);
  return typeof argument === 'number' ? (operator === '-' ? -argument : argument) : UNKNOWN;
}

/** A member of a value by key or index; undefined when there is none. */
export function member(marks: Marks, object: RunValue, key: string | number): RunValue {
  if (object === undefined || object === null) return undefined;
  if (isTagged(object, 'unknown')) return UNKNOWN;
  if (isTagged(object, 'fact')) return { ...object, path: [...object.path, String(key)] };
  if (isTagged(object, 'table')) return object.get(marks.plain(String(key)));
  if (Array.isArray(object)) return typeof key === 'number' || /^-?\d+$/.test(key) ? object.at(Number(key)) : undefined;
  if (typeof object === 'string' && typeof key === 'number') return marks.plain(object).at(key);
  return undefined;
}

export function slice(marks: Marks, object: RunValue, start: RunValue, stop: RunValue, step: RunValue): RunValue {
  const bound = (value: RunValue): number | undefined => (typeof value === 'number' ? value : undefined);
  if (typeof object === 'string') return marks.plain(object).slice(bound(start) ?? 0, bound(stop));
  if (!Array.isArray(object)) return UNKNOWN;
  const part = object.slice(bound(start) ?? 0, bound(stop));
  const stride = bound(step) ?? 1;
  return stride === -1 ? object.toReversed() : stride > 1 ? part.filter((_, index) => index % stride === 0) : part;
}
