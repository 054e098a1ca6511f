import { prepareTemplate } from './template-source.ts';
import { Unreadable } from './value.ts';

/** A template as a tree, in the shapes of the parsing library. */
export type Node =
  | { readonly type: 'Program'; readonly body: readonly Node[] }
  | { readonly type: 'If'; readonly test: Node; readonly body: readonly Node[]; readonly alternate: readonly Node[] }
  | {
      readonly type: 'For';
      readonly loopvar: Node;
      readonly iterable: Node;
      readonly body: readonly Node[];
      readonly defaultBlock: readonly Node[];
    }
  | { readonly type: 'Break' | 'Continue' | 'Comment' }
  | { readonly type: 'Set'; readonly assignee: Node; readonly value: Node | null; readonly body: readonly Node[] }
  | { readonly type: 'Macro'; readonly name: Named; readonly args: readonly Node[]; readonly body: readonly Node[] }
  | { readonly type: 'CallStatement'; readonly call: Call; readonly callerArgs: readonly Node[] | null; readonly body: readonly Node[] }
  | { readonly type: 'FilterStatement'; readonly filter: Named | Call; readonly body: readonly Node[] }
  | { readonly type: 'MemberExpression'; readonly object: Node; readonly property: Node; readonly computed: boolean }
  | { readonly type: 'SliceExpression'; readonly start?: Node; readonly stop?: Node; readonly step?: Node }
  | { readonly type: 'BinaryExpression'; readonly operator: { readonly value: string }; readonly left: Node; readonly right: Node }
  | { readonly type: 'UnaryExpression'; readonly operator: { readonly value: string }; readonly argument: Node }
  | { readonly type: 'FilterExpression'; readonly operand: Node; readonly filter: Named | Call }
  | { readonly type: 'TestExpression'; readonly operand: Node; readonly negate: boolean; readonly test: Named }
  | { readonly type: 'SelectExpression'; readonly lhs: Node; readonly test: Node }
  | { readonly type: 'Ternary'; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node }
  | { readonly type: 'KeywordArgumentExpression'; readonly key: Named; readonly value: Node }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Node }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Node[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, Node> }
  | Named
  | Call;
export type Named = { readonly type: 'Identifier'; readonly value: string };
export type Call = { readonly type: 'CallExpression'; readonly callee: Node; readonly args: readonly Node[] };

/** Parses a template, each text once. Throws `Unreadable` for syntax that is not supported. */
export type ParseTemplate = (source: string) => Extract<Node, { type: 'Program' }>;

/** No template that people write is larger. */
const MAX_LENGTH = 2 ** 20;

type Token = { value: string; type: string };

/** Words that end a test instead of being its argument. */
const NO_ARGUMENT = new Set(['and', 'or', 'else', 'if', 'is', 'not', 'in']);

/**
 * Makes one name of the dotted names of filters, and filters named `is …` of tests, with or without parentheses around their argument: those the
 * parser knows.
 */
function rewriteTokens<T extends Token>(tokens: readonly T[]): T[] {
  const output: T[] = [];
  const isName = (index: number, value?: string): boolean => {
    const token = tokens[index];
    return token?.type === 'Identifier' && (value === undefined || token.value === value);
  };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    const isTest = isName(at, 'is');
    const isNegated = isTest && isName(at + 1, 'not');
    let end = at + (isNegated ? 2 : 1);
    if ((!isTest && token.type !== 'Pipe') || !isName(end)) {
      output.push(token);
      continue;
    }
    while (tokens[end + 1]?.type === 'Dot' && isName(end + 2)) end += 2;
    const name = tokens[end]?.value ?? '';
    const next = tokens[end + 1];
    at = end;
    if (!isTest) output.push(token, { ...token, type: 'Identifier', value: name });
    else if (name === 'in') output.push(...(isNegated ? [{ ...token, value: 'not' }] : []), { ...token, value: 'in' });
    else {
      output.push({ ...token, type: 'Pipe', value: '|' }, { ...token, value: `${isNegated ? 'is not' : 'is'} ${name}` });
      const isArgument = next && ['Identifier', 'StringLiteral', 'NumericLiteral'].includes(next.type) && !NO_ARGUMENT.has(next.value);
      if (!isArgument) continue;
      output.push({ ...token, type: 'OpenParen', value: '(' }, next, { ...token, type: 'CloseParen', value: ')' });
      at = end + 1;
    }
  }
  return output;
}

/** Loads the parsing library, which only commands that read templates need. */
export async function loadTemplateParser(): Promise<ParseTemplate> {
  const { tokenize, parse } = await import('@huggingface/jinja');
  const parsed = new Map<string, ReturnType<ParseTemplate> | Unreadable>();
  const read = (source: string): ReturnType<ParseTemplate> | Unreadable => {
    if (source.length > MAX_LENGTH) return new Unreadable('is a template of more than 1 MB');
    try {
      return parse(rewriteTokens(tokenize(prepareTemplate(source)))) as unknown as ReturnType<ParseTemplate>;
    } catch (error) {
      if (error instanceof Unreadable) return error;
      return new Unreadable('has template syntax that is not understood');
    }
  };
  return (source) => {
    const tree = parsed.get(source) ?? read(source);
    parsed.set(source, tree);
    if (tree instanceof Unreadable) throw tree;
    return tree;
  };
}
