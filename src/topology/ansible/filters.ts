import type { FilterContext } from './evaluation.ts';
import { applyListFilter } from './list-filters.ts';
import { hasMark, UNKNOWN_PIECE } from './marks.ts';
import { callMethod, changeText } from './methods.ts';
import { isAddress, isTagged, isTrue, type RunValue, UNKNOWN } from './run-value.ts';
import { toSafePattern } from './safe-pattern.ts';

/** Filters that leave what matters here as it is: notations, escapes, checks and choices of addresses. */
const SAME = new Set(
  `safe string trim escape e forceescape quote indent wordwrap to_json to_nice_json tojson to_yaml to_nice_yaml ipaddr ipv4 ipv6 ipwrap ipsubnet
  mandatory bool from_json from_yaml urlencode shuffle title capitalize center regex_escape list_of relpath realpath expanduser`.split(
    /\s+/,
  ),
);

/** Filters whose outcome is no address, whatever they work on. */
const OPAQUE = new Set(
  `hash password_hash checksum md5 sha1 sha256 b64encode b64decode to_uuid strftime to_datetime human_readable human_to_bytes comment filesizeformat
  wordcount rekey_on_member json_query jmespath community.general.json_query log pow root random_mac vault unvault fileglob win_basename
  splitext basename dirname type_debug xmlattr pprint`.split(/\s+/),
);

function toInteger(text: string): RunValue {
  if (text.includes(UNKNOWN_PIECE)) return UNKNOWN;
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? 0 : number;
}

function replacePattern(context: FilterContext, text: string, args: readonly RunValue[]): RunValue {
  const { marks, report } = context.evaluation;
  const [pattern, by = ''] = args;
  if (typeof pattern !== 'string' || typeof by !== 'string') return text;
  const safe = toSafePattern(marks.plain(pattern));
  if (!safe) report('uses a regular expression that is not evaluated', hasMark(text));
  return safe ? changeText(context, text, (plain) => safe.replace(plain, marks.plain(by))) : UNKNOWN;
}

function searchPattern(context: FilterContext, text: string, args: readonly RunValue[]): RunValue {
  const { marks } = context.evaluation;
  const [pattern, group] = args;
  if (typeof pattern !== 'string' || text.includes(UNKNOWN_PIECE)) return UNKNOWN;
  const match = toSafePattern(marks.plain(pattern))?.match(marks.plain(text));
  if (match === undefined) return UNKNOWN;
  const index = typeof group === 'string' ? Number(/\d+/.exec(group)?.[0] ?? 0) : 0;
  return match === null ? '' : marks.keep(text, match[index] ?? '');
}

function splitAddress(text: string, part: RunValue): RunValue {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/]*@)?([^/:?#]+|\[[^\]]+\])(?::(\d+))?([^?#]*)/i.exec(text);
  if (!match || typeof part !== 'string') return UNKNOWN;
  const [, scheme, host, port, path] = match;
  if (part === 'hostname') return host;
  if (part === 'netloc') return port === undefined ? host : `${host}:${port}`;
  return part === 'port' ? (port === undefined ? null : Number(port)) : part === 'scheme' ? scheme : part === 'path' ? path : UNKNOWN;
}

function filterText(context: FilterContext, name: string, text: string, args: readonly RunValue[]): RunValue {
  const { marks } = context.evaluation;
  switch (name) {
    case 'upper':
    case 'lower':
    case 'replace':
    case 'split':
      return callMethod(context, text, name, args, new Map());
    case 'int':
      return toInteger(marks.plain(text));
    case 'float': {
      const number = Number.parseFloat(marks.plain(text));
      return Number.isNaN(number) ? 0 : number;
    }
    case 'length':
    case 'count':
      return marks.plain(text).length;
    case 'regex_replace':
      return replacePattern(context, text, args);
    case 'regex_search':
      return searchPattern(context, text, args);
    case 'urlsplit':
      return splitAddress(text, args[0]);
    case 'first':
    case 'last':
    case 'random':
      // One address of its host stands for the list of them.
      return hasMark(text) ? text : marks.plain(text).at(name === 'first' ? 0 : -1);
    case 'list':
    case 'join':
    case 'unique':
    case 'sort':
      return hasMark(text) ? text : [...text];
    case 'format':
      return callMethod(context, text.replace(/%s/g, '{}'), 'format', args, new Map());
    default:
      return undefined;
  }
}

function filterNumber(name: string, operand: number, args: readonly RunValue[]): RunValue {
  const digits = typeof args[0] === 'number' ? 10 ** Math.min(10, Math.max(0, args[0])) : 1;
  if (name === 'int') return Math.trunc(operand);
  if (name === 'float') return operand;
  if (name === 'abs') return Math.abs(operand);
  return name === 'round' ? Math.round(operand * digits) / digits : undefined;
}

function chooseTernary(operand: RunValue, args: readonly RunValue[]): RunValue {
  const truth = isTrue(operand);
  return truth === undefined ? UNKNOWN : truth ? args[0] : args[1];
}

/**
 * Applies a filter of Jinja or Ansible. A filter that is not known gives an unknown value and is reported, as something that hides when an address
 * goes into it.
 */
export function applyFilter(
  context: FilterContext,
  dotted: string,
  operand: RunValue,
  args: readonly RunValue[],
  named: ReadonlyMap<string, RunValue>,
): RunValue {
  const name = dotted.replace(/^(?:ansible\.(?:builtin|utils|netcommon)|community\.general)\.(?!json_query)/, '');
  if (name === 'default' || name === 'd') {
    const isEmpty = isTrue(args[1] ?? named.get('boolean')) === true && isTrue(operand) === false;
    return operand === undefined || isEmpty ? (args.length > 0 ? args[0] : '') : operand;
  }
  if (name === 'ternary') return chooseTernary(operand, args);
  if (OPAQUE.has(name)) return UNKNOWN;
  if (SAME.has(name)) {
    if (typeof operand === 'string' && name === 'bool') return /^(?:yes|true|on|1|y|t)$/i.test(operand);
    return typeof operand === 'string' && name === 'trim' ? changeText(context, operand, (plain) => plain.trim()) : operand;
  }
  if (operand === undefined || isTagged(operand, 'unknown')) return name === 'length' || name === 'int' ? UNKNOWN : operand;
  if (isTagged(operand, 'fact')) {
    return isAddress(operand) ? applyFilter(context, name, context.toText(operand), args, named) : UNKNOWN;
  }
  const filtered =
    typeof operand === 'string'
      ? filterText(context, name, operand, args)
      : typeof operand === 'number'
        ? filterNumber(name, operand, args)
        : applyListFilter(context, name, operand, args, named, applyFilter);
  if (filtered !== undefined) return filtered;
  if (operand === null || typeof operand === 'boolean') return name === 'int' ? Number(operand) : UNKNOWN;
  if (!['first', 'last', 'min', 'max', 'attr'].includes(name)) {
    context.evaluation.report(`uses the filter ${name}, which is not evaluated`, hasMark(context.toText(operand)));
  }
  return UNKNOWN;
}
