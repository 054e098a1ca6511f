import type { Document } from './project.ts';
import { isList, isMapping, type Mapping, type Value, type Variable, type Variables } from './value.ts';

/** What a task may hold beside its action. */
const KEYWORDS = new Set(
  `name when loop loop_control tags notify register become become_user become_method become_flags become_exe vars args delegate_to delegate_facts
  ignore_errors ignore_unreachable changed_when failed_when until retries delay run_once environment check_mode diff no_log any_errors_fatal async
  poll throttle connection remote_user port collections module_defaults listen first_available_file debugger timeout block rescue always action
  local_action sudo sudo_user`.split(/\s+/),
);

/** A task with its action told apart from the rest. */
export interface Task {
  /** Name of the action without `ansible.builtin.`; `''` when there is none, as of a block. */
  readonly action: string;
  /** Arguments by name; free text is under `_raw`. */
  readonly args: Mapping;
  readonly line: number;
  readonly content: Mapping;
}

/** Splits `src=a.j2 dest="/etc/a b"` into its arguments. */
export function parseArguments(text: string): Mapping {
  const args = new Map<string, Value>();
  const free: string[] = [];
  for (const [whole] of text.matchAll(/(?:\{\{.*?\}\}|\{%.*?%\}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'{]|\{(?![{%])|["'])+/gs)) {
    const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(whole);
    if (match) args.set(match[1] ?? '', (match[2] ?? '').replace(/^(["'])([\s\S]*)\1$/, '$2'));
    else free.push(whole);
  }
  if (free.length > 0) args.set('_raw', free.join(' '));
  return args;
}

function toArguments(value: Value | undefined, more: Value | undefined): Mapping {
  const args =
    typeof value === 'string'
      ? parseArguments(value)
      : isMapping(value)
        ? value
        : new Map<string, Value>(value == null ? [] : [['_raw', value]]);
  return isMapping(more) ? new Map([...args, ...more]) : args;
}

/** Tells the action of a task. */
export function readTask(content: Mapping, document: Document): Task {
  const line = document.parsed.lineOf(content) ?? 1;
  const named = [...content.keys()].find((key) => !KEYWORDS.has(key) && !key.startsWith('with_'));
  if (named !== undefined) {
    const action = named.replace(/^ansible\.(?:builtin|legacy)\./, '');
    return { action, args: toArguments(content.get(named), content.get('args')), line, content };
  }
  const action = content.get('action') ?? content.get('local_action');
  if (typeof action === 'string') {
    const [name = '', ...rest] = action.trim().split(/\s+/);
    return { action: name, args: toArguments(rest.join(' '), content.get('args')), line, content };
  }
  const module = isMapping(action) ? action.get('module') : undefined;
  return { action: typeof module === 'string' ? module : '', args: isMapping(action) ? action : new Map(), line, content };
}

/** The variables of a mapping in a document, with the place of each. */
export function toVariables(value: Value | undefined, document: Document): Variables {
  const variables = new Map<string, Variable>();
  for (const part of isList(value) ? value : [value]) {
    if (!isMapping(part)) continue;
    for (const [name, each] of part) variables.set(name, { value: each, file: document.file, line: document.parsed.lineOfKey(part, name) });
  }
  return variables;
}
