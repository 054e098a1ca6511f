import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A YAML document as plain values. */
export interface LocatedYaml {
  readonly value: unknown;
  /** Line of the file, from 1, where a mapping or list that is part of `value`, or one entry of it, begins. */
  lineOf(part: object, key?: string | number): number | undefined;
}

/**
 * Parses one YAML document whose first line is line `firstLine` of its file; anchors, aliases and merge keys are resolved, tags are not.
 * Returns what is wrong with it as the end of a sentence, never its content.
 */
export function parseLocatedYaml(text: string, firstLine = 1): LocatedYaml | string {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const lineAt = (offset: number): number => counter.linePos(offset).line + firstLine - 1;
  const [error] = document.errors;
  if (error) return `is no valid YAML in line ${lineAt(error.pos[0])} (${error.code.toLowerCase().replaceAll('_', ' ')})`;
  const lines = new WeakMap<object, Map<string | number | undefined, number>>();
  const known = new Map<Node, unknown>();

  const mark = (part: object, key: string | number | undefined, node: unknown): void => {
    const offset = (node as Node | null)?.range?.[0];
    const marks = lines.get(part) ?? new Map();
    if (offset !== undefined) marks.set(key, lineAt(offset));
    lines.set(part, marks);
  };

  const toValue = (node: unknown): unknown => {
    if (isScalar(node)) return node.value;
    if (isAlias(node)) return toValue(node.resolve(document));
    if (!isMap(node) && !isSeq(node)) return null;
    if (known.has(node)) return known.get(node);
    const value: unknown[] | Record<string, unknown> = isSeq(node) ? [] : {};
    known.set(node, value);
    mark(value, undefined, node);
    if (Array.isArray(value)) {
      for (const item of node.items) {
        value.push(toValue(item));
        mark(value, value.length - 1, item);
      }
      return value;
    }
    const merged: unknown[] = [];
    for (const { key, value: inner } of isMap(node) ? node.items : []) {
      const name = String(isScalar(key) ? key.value : toValue(key));
      if (name === '<<') merged.push(...[toValue(inner)].flat());
      else {
        Object.defineProperty(value, name, { value: toValue(inner), enumerable: true, configurable: true, writable: true });
        mark(value, name, key);
      }
    }
    for (const source of merged) {
      if (typeof source !== 'object' || source === null) continue;
      for (const [name, inner] of Object.entries(source)) {
        if (Object.hasOwn(value, name)) continue;
        Object.defineProperty(value, name, { value: inner, enumerable: true, configurable: true, writable: true });
        const line = lines.get(source)?.get(name);
        if (line !== undefined) lines.get(value)?.set(name, line);
      }
    }
    return value;
  };

  return {
    value: toValue(document.contents),
    lineOf: (part, key) => lines.get(part)?.get(key) ?? lines.get(part)?.get(undefined),
  };
}
