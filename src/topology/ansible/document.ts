import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, Scalar, type YAMLMap } from 'yaml';
import { parseScalar } from './scalar.ts';
import { Unreadable, VAULT, type Value } from './value.ts';

/** The value of a document with the lines of its parts. */
export interface Parsed {
  readonly value: Value;
  /** Line of a list or mapping inside the document, from 1; undefined for others. */
  lineOf(part: Value | undefined): number | undefined;
  /** Line of a key of a mapping. */
  lineOfKey(mapping: Value, key: string): number;
}

interface Reading {
  readonly counter: LineCounter;
  readonly lines: WeakMap<object, number>;
  readonly keys: WeakMap<object, ReadonlyMap<string, number>>;
  readonly anchors: Map<string, Value>;
}

function lineAt(reading: Reading, node: unknown): number {
  const range = (node as Node | null)?.range;
  return range ? reading.counter.linePos(range[0]).line : 1;
}

function toScalar(node: Scalar): Value {
  const text = typeof node.value === 'string' ? node.value : String(node.value ?? '');
  if (node.tag === '!vault' || node.tag === '!vault-encrypted') return VAULT;
  if (node.tag === '!unsafe') return { tag: 'unsafe', text };
  if (node.tag === 'tag:yaml.org,2002:str') return text;
  if (node.type === Scalar.PLAIN || /^tag:yaml\.org,2002:(?:int|float|bool|null)$/.test(node.tag ?? '')) return parseScalar(text);
  return text;
}

function toKey(value: Value): string {
  if (value !== null && typeof value === 'object') throw new Unreadable('has a mapping whose key is no scalar');
  return String(value);
}

function mergeInto(mapping: Map<string, Value>, merged: Value): void {
  const sources = Array.isArray(merged) ? merged : [merged];
  for (const source of sources) {
    if (!(source instanceof Map)) throw new Unreadable('merges (<<) what is no mapping');
    for (const [key, value] of source) if (!mapping.has(key)) mapping.set(key, value);
  }
}

function toMapping(node: YAMLMap, reading: Reading): Value {
  const mapping = new Map<string, Value>();
  const lines = new Map<string, number>();
  const merges: Value[] = [];
  for (const pair of node.items) {
    const isMerge = isScalar(pair.key) && pair.key.type === Scalar.PLAIN && pair.key.value === '<<';
    const value = toValue(pair.value as Node | null, reading);
    if (isMerge) {
      merges.push(value);
      continue;
    }
    const key = toKey(toValue(pair.key as Node | null, reading));
    mapping.set(key, value);
    lines.set(key, lineAt(reading, pair.key));
  }
  for (const merged of merges) mergeInto(mapping, merged);
  if (mapping.has('__ansible_vault')) return VAULT;
  const unsafe = mapping.get('__ansible_unsafe');
  if (typeof unsafe === 'string') return { tag: 'unsafe', text: unsafe };
  reading.lines.set(mapping, lineAt(reading, node));
  reading.keys.set(mapping, lines);
  return mapping;
}

function markUnsafe(value: Value, known: Map<Value, Value> = new Map()): Value {
  if (typeof value === 'string') return { tag: 'unsafe', text: value };
  const before = known.get(value);
  if (before !== undefined) return before;
  const marked = Array.isArray(value)
    ? value.map((item) => markUnsafe(item, known))
    : value instanceof Map
      ? new Map([...value].map(([key, item]) => [key, markUnsafe(item, known)]))
      : value;
  known.set(value, marked);
  return marked;
}

function toContent(node: Node, reading: Reading): Value {
  if (isScalar(node)) return toScalar(node);
  if (isMap(node)) return toMapping(node, reading);
  if (!isSeq(node)) throw new Unreadable('holds what is neither scalar, list nor mapping');
  const list = node.items.map((item) => toValue(item as Node | null, reading));
  reading.lines.set(list, lineAt(reading, node));
  return list;
}

function toValue(node: Node | Alias | null, reading: Reading): Value {
  if (node === null) return null;
  if (isAlias(node)) {
    const value = reading.anchors.get(node.source);
    if (value === undefined) throw new Unreadable(`refers to an anchor that is not defined before, at line ${lineAt(reading, node)}`);
    return value;
  }
  const content = toContent(node, reading);
  const value = node.tag === '!unsafe' && !isScalar(node) ? markUnsafe(content) : content;
  const anchor = 'anchor' in node ? node.anchor : undefined;
  if (anchor) reading.anchors.set(anchor, value);
  return value;
}

/** Parses YAML or JSON as Ansible does (YAML 1.1, tags `!vault` and `!unsafe`, of duplicate keys the last). Throws `Unreadable`. */
export function parseDocument(text: string): Parsed {
  const counter = new LineCounter();
  const options = { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false, lineCounter: counter } as const;
  const documents = parseAllDocuments(text, { ...options, logLevel: 'silent' });
  const reading: Reading = { counter, lines: new WeakMap(), keys: new WeakMap(), anchors: new Map() };
  const [document] = documents;
  let value: Value = null;
  if (document !== undefined) {
    const error = Array.isArray(documents) ? documents.flatMap((one) => one.errors)[0] : undefined;
    if (error) throw new Unreadable(`is not valid YAML at line ${counter.linePos(error.pos[0]).line} (${error.code})`);
    if (documents.length > 1) throw new Unreadable('holds more than one YAML document');
    value = toValue(document.contents, reading);
  }
  return {
    value,
    lineOf: (part) => (part !== null && typeof part === 'object' ? reading.lines.get(part) : undefined),
    lineOfKey: (mapping, key) =>
      (mapping !== null && typeof mapping === 'object' ? (reading.keys.get(mapping)?.get(key) ?? reading.lines.get(mapping)) : undefined) ??
      1,
  };
}
