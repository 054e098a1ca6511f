import type { Evaluation, Lookup } from './evaluation.ts';
import { applyFilter } from './filters.ts';
import { hasMark, UNKNOWN_PIECE } from './marks.ts';
import { callMethod } from './methods.ts';
import * as operate from './operators.ts';
import { isTagged, isTrue, type RunValue, type Table, toTable, UNKNOWN } from './run-value.ts';
import { withoutLines } from './template-source.ts';
import type { Call, Node } from './template-tree.ts';
import { applyTest } from './tests.ts';
import { OutOfBounds } from './value.ts';

/** Longest text, and deepest nesting, that an evaluation makes. */
const MAX_TEXT = 4 * 2 ** 20;
const MAX_DEPTH = 60;

/** Names inside a template, in front of those outside. */
interface Frame {
  readonly names: Map<string, RunValue>;
  readonly outer: Frame | Lookup;
  readonly depth: number;
}

class Break extends Error {}
class Continue extends Error {}

function lookUp(frame: Frame | Lookup, name: string): RunValue {
  if (typeof frame === 'function') return frame(name);
  return frame.names.has(name) ? frame.names.get(name) : lookUp(frame.outer, name);
}

function inner(frame: Frame, names: Iterable<readonly [string, RunValue]> = []): Frame {
  if (frame.depth > MAX_DEPTH) throw new OutOfBounds('has a template that nests too deep');
  return { names: new Map(names), outer: frame, depth: frame.depth + 1 };
}

function spend(evaluation: Evaluation, steps: number): void {
  evaluation.budget.steps -= steps;
  if (evaluation.budget.steps < 0) throw new OutOfBounds('takes more steps to evaluate than are allowed');
}

/** Counts the size of what was made, so that nothing grows without bounds. */
function charged(evaluation: Evaluation, value: RunValue): RunValue {
  if (typeof value === 'string' && value.length > MAX_TEXT) throw new OutOfBounds('makes more text than is allowed');
  spend(evaluation, typeof value === 'string' ? value.length >> 4 : Array.isArray(value) ? value.length : 0);
  return value;
}

/** The value as text, as a template prints it. */
export function toText(evaluation: Evaluation, value: RunValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  spend(evaluation, 1);
  if (Array.isArray(value)) return `[${value.map((item) => quote(evaluation, item)).join(', ')}]`;
  if (isTagged(value, 'table')) {
    return `{${value
      .keys()
      .map((key) => `'${key}': ${quote(evaluation, value.get(key))}`)
      .join(', ')}}`;
  }
  if (isTagged(value, 'fact')) return operate.factText(evaluation.marks, value);
  return UNKNOWN_PIECE;
}

function quote(evaluation: Evaluation, value: RunValue): string {
  return typeof value === 'string' ? `'${value}'` : toText(evaluation, value);
}

function block(evaluation: Evaluation, nodes: readonly Node[], frame: Frame): string {
  const pieces: string[] = [];
  let length = 0;
  for (const node of nodes) {
    const value = evaluateNode(evaluation, node, frame);
    const isStatement = ['Set', 'Macro', 'Comment'].includes(node.type);
    const piece = isStatement ? '' : toText(evaluation, value);
    length += piece.length;
    spend(evaluation, piece.length >> 4);
    if (length > MAX_TEXT) throw new OutOfBounds('makes more text than is allowed');
    pieces.push(piece);
  }
  return pieces.join('');
}

function assign(target: Node, value: RunValue, names: Map<string, RunValue>): void {
  if (target.type === 'Identifier') names.set(target.value, value);
  else if (target.type === 'TupleLiteral') {
    const items = Array.isArray(value) ? value : target.value.map(() => UNKNOWN);
    target.value.forEach((each, index) => {
      assign(each, items[index], names);
    });
  }
}

function evaluateSet(evaluation: Evaluation, node: Extract<Node, { type: 'Set' }>, frame: Frame): undefined {
  const value = node.value ? evaluateNode(evaluation, node.value, frame) : withoutLines(block(evaluation, node.body, frame));
  if (node.assignee.type === 'MemberExpression') {
    const target = evaluateNode(evaluation, node.assignee.object, frame);
    const { property } = node.assignee;
    if (isTagged(target, 'table') && 'set' in target && property.type === 'Identifier') (target as Namespace).set(property.value, value);
  } else assign(node.assignee, value, frame.names);
  return undefined;
}

/** What `namespace()` makes: a table that templates may write to. */
interface Namespace extends Table {
  set(key: string, value: RunValue): void;
}

function toNamespace(entries: ReadonlyMap<string, RunValue>): Namespace {
  const names = new Map(entries);
  return { ...toTable(names), set: (key, value) => names.set(key, value) };
}

/** The items of what is looped over; none for what cannot be known. */
function toItems(evaluation: Evaluation, value: RunValue): readonly RunValue[] {
  if (Array.isArray(value)) return value;
  if (isTagged(value, 'table')) return value.keys();
  if (isTagged(value, 'fact')) {
    const text = operate.factText(evaluation.marks, value);
    return hasMark(text) ? [text] : [];
  }
  if (typeof value === 'string' && hasMark(value)) return [value];
  return [];
}

function evaluateFor(evaluation: Evaluation, node: Extract<Node, { type: 'For' }>, frame: Frame): string {
  const { iterable: source, loopvar, body } = node;
  const condition = source.type === 'SelectExpression' ? source.test : undefined;
  const list = evaluateNode(evaluation, source.type === 'SelectExpression' ? source.lhs : source, frame);
  const bound = toItems(evaluation, list).flatMap((item) => {
    spend(evaluation, 1);
    const below = inner(frame);
    assign(loopvar, item, below.names);
    return condition && isTrue(evaluateNode(evaluation, condition, below)) === false ? [] : [{ item, below }];
  });
  const pieces: string[] = [];
  for (const [index, { below }] of bound.entries()) {
    const loop: [string, RunValue][] = [
      ...([
        ['index', index + 1],
        ['index0', index],
        ['revindex', bound.length - index],
        ['revindex0', bound.length - index - 1],
        ['first', index === 0],
        ['last', index === bound.length - 1],
        ['length', bound.length],
        ['previtem', bound[index - 1]?.item],
        ['nextitem', bound[index + 1]?.item],
        ['cycle', { kind: 'callable', call: (args: readonly RunValue[]) => args[index % Math.max(1, args.length)] }],
      ] as [string, RunValue][]),
    ];
    below.names.set('loop', toTable(new Map(loop)));
    try {
      pieces.push(block(evaluation, body, below));
    } catch (error) {
      if (error instanceof Break) break;
      if (!(error instanceof Continue)) throw error;
    }
  }
  return bound.length === 0 ? block(evaluation, node.defaultBlock, inner(frame)) : pieces.join('');
}

function evaluateIf(evaluation: Evaluation, node: Extract<Node, { type: 'If' }>, frame: Frame): string {
  const truth = isTrue(evaluateNode(evaluation, node.test, frame));
  if (truth !== undefined) return block(evaluation, truth ? node.body : node.alternate, frame);
  // Which branch counts is not known, so that what either of them names is named.
  const first = block(evaluation, node.body, frame);
  const second = block(evaluation, node.alternate, frame);
  return second === '' ? first : `${first}\n${second}`;
}

function toMacro(evaluation: Evaluation, args: readonly Node[], body: readonly Node[], frame: Frame): RunValue {
  return {
    kind: 'callable',
    call(values, named) {
      const below = inner(frame, named);
      args.forEach((arg, index) => {
        const name = arg.type === 'Identifier' ? arg.value : arg.type === 'KeywordArgumentExpression' ? arg.key.value : '';
        const fallback = arg.type === 'KeywordArgumentExpression' ? arg.value : undefined;
        if (index < values.length) below.names.set(name, values[index]);
        else if (!named.has(name)) below.names.set(name, fallback && evaluateNode(evaluation, fallback, below));
      });
      below.names.set('varargs', values.slice(args.length));
      return block(evaluation, body, below);
    },
  };
}

/** Positional and named arguments of a call. */
function toArguments(evaluation: Evaluation, args: readonly Node[], frame: Frame): [RunValue[], Map<string, RunValue>] {
  const values: RunValue[] = [];
  const named = new Map<string, RunValue>();
  for (const arg of args) {
    if (arg.type === 'KeywordArgumentExpression') named.set(arg.key.value, evaluateNode(evaluation, arg.value, frame));
    else if (arg.type === 'SpreadExpression') values.push(...toItems(evaluation, evaluateNode(evaluation, arg.argument, frame)));
    else if (arg.type !== 'KeywordSpreadExpression') values.push(evaluateNode(evaluation, arg, frame));
  }
  return [values, named];
}

function includeTemplate(evaluation: Evaluation, name: RunValue, frame: Frame): { text: string; below: Frame } | undefined {
  const source = typeof name === 'string' ? evaluation.include(evaluation.marks.plain(name)) : undefined;
  if (source === undefined) return undefined;
  const below = inner(frame);
  return { text: block(evaluation, evaluation.parse(source).body, below), below };
}

function evaluateCall(evaluation: Evaluation, { callee, args }: Call, frame: Frame): RunValue {
  const [values, named] = toArguments(evaluation, args, frame);
  if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
    const object = evaluateNode(evaluation, callee.object, frame);
    const own = isTagged(object, 'table') ? object.get(callee.property.value) : undefined;
    if (isTagged(own, 'callable')) return own.call(values, named);
    return charged(
      evaluation,
      callMethod({ evaluation, toText: (value) => toText(evaluation, value) }, object, callee.property.value, values, named),
    );
  }
  const name = callee.type === 'Identifier' ? callee.value : '';
  const value = evaluateNode(evaluation, callee, frame);
  if (isTagged(value, 'callable')) return value.call(values, named);
  switch (name) {
    case 'include':
      // Lines of another file are no lines of this one.
      return includeTemplate(evaluation, values[0], frame)?.text.replace(/\uFDD0\d+\uFDD1/g, '') ?? '';
    case 'imported':
      return toTable(includeTemplate(evaluation, values[0], frame)?.below.names ?? new Map());
    case 'namespace':
      return toNamespace(named);
    case 'dict':
      return toTable(named);
    case 'range':
      return toRange(evaluation, values);
    case 'lookup':
    case 'query':
    case 'q':
      evaluation.report(
        `uses the lookup ${typeof values[0] === 'string' ? evaluation.marks.plain(values[0]) : 'of an unknown name'}, which is never executed`,
        false,
      );
      return UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function toRange(evaluation: Evaluation, values: readonly RunValue[]): RunValue {
  const [a, b, step = 1] = values;
  const [from, to] = b === undefined ? [0, a] : [a, b];
  if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number' || step === 0) return UNKNOWN;
  const length = Math.max(0, Math.ceil((to - from) / step));
  spend(evaluation, length);
  return Array.from({ length }, (_, index) => from + index * step);
}

function evaluateMember(evaluation: Evaluation, node: Extract<Node, { type: 'MemberExpression' }>, frame: Frame): RunValue {
  const object = evaluateNode(evaluation, node.object, frame);
  const { property } = node;
  if (property.type === 'SliceExpression') {
    const [start, stop, step] = [property.start, property.stop, property.step].map((each) => each && evaluateNode(evaluation, each, frame));
    return operate.slice(evaluation.marks, object, start, stop, step);
  }
  const key = !node.computed && property.type === 'Identifier' ? property.value : evaluateNode(evaluation, property, frame);
  return operate.member(
    evaluation.marks,
    object,
    typeof key === 'number' || typeof key === 'string' ? key : isTagged(key, 'unknown') ? UNKNOWN_PIECE : toText(evaluation, key),
  );
}

/** Evaluates a node; nothing is executed, read or changed outside. Throws `Unreadable` when a bound is reached. */
function evaluateNode(evaluation: Evaluation, node: Node, frame: Frame): RunValue {
  spend(evaluation, 1);
  const value = (each: Node): RunValue => evaluateNode(evaluation, each, frame);
  switch (node.type) {
    case 'Program':
      return block(evaluation, node.body, frame);
    case 'StringLiteral':
    case 'IntegerLiteral':
    case 'FloatLiteral':
      return node.value;
    case 'ArrayLiteral':
    case 'TupleLiteral':
      return node.value.map(value);
    case 'ObjectLiteral':
      return toTable(new Map([...node.value].map(([key, each]) => [evaluation.marks.plain(toText(evaluation, value(key))), value(each)])));
    case 'Identifier':
      return operate.constants.has(node.value) ? operate.constants.get(node.value) : lookUp(frame, node.value);
    case 'MemberExpression':
      return evaluateMember(evaluation, node, frame);
    case 'CallExpression':
      return evaluateCall(evaluation, node, frame);
    case 'If':
      return evaluateIf(evaluation, node, frame);
    case 'For':
      return evaluateFor(evaluation, node, frame);
    case 'Set':
      return evaluateSet(evaluation, node, frame);
    case 'Macro':
      frame.names.set(node.name.value, toMacro(evaluation, node.args, node.body, frame));
      return undefined;
    case 'CallStatement': {
      const below = inner(frame, [['caller', toMacro(evaluation, node.callerArgs ?? [], node.body, frame)]]);
      return evaluateCall(evaluation, node.call, below);
    }
    case 'Break':
      throw new Break();
    case 'Continue':
      throw new Continue();
    case 'BinaryExpression': {
      const text = (each: RunValue): string => toText(evaluation, each);
      return charged(
        evaluation,
        operate.binary(evaluation.marks, node.operator.value, value(node.left), () => value(node.right), text),
      );
    }
    case 'UnaryExpression':
      return operate.unary(node.operator.value, value(node.argument));
    case 'Ternary': {
      const truth = isTrue(value(node.condition));
      return truth === false ? value(node.falseExpr) : value(node.trueExpr);
    }
    case 'SelectExpression':
      return isTrue(value(node.test)) === false ? undefined : value(node.lhs);
    case 'TestExpression':
      return applyTest(evaluation.marks, node.test.value, value(node.operand), [], node.negate);
    case 'FilterExpression':
      return evaluateFilter(evaluation, value(node.operand), node.filter, frame);
    case 'FilterStatement':
      return evaluateFilter(evaluation, block(evaluation, node.body, frame), node.filter, frame);
    default:
      return undefined;
  }
}

function evaluateFilter(evaluation: Evaluation, operand: RunValue, filter: Node, frame: Frame): RunValue {
  const name =
    filter.type === 'CallExpression' && filter.callee.type === 'Identifier'
      ? filter.callee.value
      : filter.type === 'Identifier'
        ? filter.value
        : '';
  const [args, named] = filter.type === 'CallExpression' ? toArguments(evaluation, filter.args, frame) : [[], new Map<string, RunValue>()];
  const test = /^is (not )?(.+)$/.exec(name);
  if (test) return applyTest(evaluation.marks, test[2] ?? '', operand, args, test[1] !== undefined);
  const size = Array.isArray(operand) || typeof operand === 'string' ? operand.length : 1;
  spend(evaluation, size >> 2);
  return charged(evaluation, applyFilter({ evaluation, toText: (value) => toText(evaluation, value) }, name, operand, args, named));
}

/** Renders a template to text with marks for references and lines. Throws `Unreadable`. */
export function renderTemplate(evaluation: Evaluation, source: string, lookup: Lookup): string {
  const frame: Frame = { names: new Map(), outer: lookup, depth: 0 };
  return block(evaluation, evaluation.parse(source).body, frame);
}

/** Evaluates text that may hold template tags: one expression alone keeps its type, anything else is text. Throws `Unreadable`. */
export function evaluateText(evaluation: Evaluation, source: string, lookup: Lookup): RunValue {
  if (!source.includes('{{') && !source.includes('{%')) return source;
  const { body } = evaluation.parse(source);
  const frame: Frame = { names: new Map(), outer: lookup, depth: 0 };
  const parts = body.filter((node) => node.type !== 'StringLiteral' || withoutLines(node.value).trim() !== '');
  const [only] = parts;
  if (parts.length === 1 && only && only.type !== 'StringLiteral' && !['If', 'For', 'Set'].includes(only.type))
    return evaluateNode(evaluation, only, frame);
  return withoutLines(block(evaluation, body, frame)).trim();
}
