import type { Marks } from './marks.ts';
import { compare, isEqual, isIn } from './operators.ts';
import { isTagged, isTrue, type RunValue, UNKNOWN } from './run-value.ts';
import { toSafePattern } from './safe-pattern.ts';

function isMatching(marks: Marks, name: string, operand: RunValue, pattern: RunValue): boolean | undefined {
  if (typeof operand !== 'string' || typeof pattern !== 'string') return undefined;
  const match = toSafePattern(marks.plain(pattern))?.match(marks.plain(operand));
  return match === undefined ? undefined : match !== null && (name !== 'match' || match.index === 0);
}

/** Whether a test holds; undefined when that cannot be known. */
function test(marks: Marks, name: string, operand: RunValue, args: readonly RunValue[]): boolean | undefined {
  if (name === 'defined') return isTagged(operand, 'unknown') ? undefined : operand !== undefined;
  if (name === 'undefined') return isTagged(operand, 'unknown') ? undefined : operand === undefined;
  if (operand === undefined || isTagged(operand, 'unknown') || isTagged(operand, 'fact')) return undefined;
  const [first] = args;
  switch (name) {
    case 'none':
      return operand === null;
    case 'string':
      return typeof operand === 'string';
    case 'number':
    case 'integer':
    case 'float':
      return typeof operand === 'number';
    case 'boolean':
      return typeof operand === 'boolean';
    case 'true':
    case 'truthy':
      return isTrue(operand);
    case 'false':
    case 'falsy':
      return isTrue(operand) === undefined ? undefined : !isTrue(operand);
    case 'mapping':
      return isTagged(operand, 'table');
    case 'sequence':
    case 'iterable':
      return Array.isArray(operand) || typeof operand === 'string' || isTagged(operand, 'table');
    case 'odd':
      return typeof operand === 'number' ? operand % 2 !== 0 : undefined;
    case 'even':
      return typeof operand === 'number' ? operand % 2 === 0 : undefined;
    case 'divisibleby':
      return typeof operand === 'number' && typeof first === 'number' ? operand % first === 0 : undefined;
    case 'eq':
    case '==':
    case 'equalto':
    case 'sameas':
      return isEqual(marks, operand, first);
    case 'ne':
    case '!=': {
      const equal = isEqual(marks, operand, first);
      return equal === undefined ? undefined : !equal;
    }
    case 'lt':
    case '<': {
      const order = compare(marks, operand, first);
      return order === undefined ? undefined : order < 0;
    }
    case 'gt':
    case '>': {
      const order = compare(marks, operand, first);
      return order === undefined ? undefined : order > 0;
    }
    case 'in':
      return isIn(marks, operand, first);
    case 'contains':
      return isIn(marks, first, operand);
    case 'match':
    case 'search':
    case 'regex':
      return isMatching(marks, name, operand, first);
    default:
      return undefined;
  }
}

/** The outcome of a test, unknown for tests that depend on what a run would find. */
export function applyTest(marks: Marks, name: string, operand: RunValue, args: readonly RunValue[], isNegated: boolean): RunValue {
  const truth = test(marks, name.replace(/^ansible\.builtin\./, ''), operand, args);
  return truth === undefined ? UNKNOWN : truth !== isNegated;
}
