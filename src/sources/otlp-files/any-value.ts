/** A value of OTLP: one of the kinds is set, or none. Files are not validated; a shape that is not this throws when it is used. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  /** 64-bit integers come as text or as a number. */
  readonly intValue?: string | number;
  /** `NaN` and the infinities come as text. */
  readonly doubleValue?: number | string;
  /** base64 */
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}

export interface KeyValue {
  readonly key?: string;
  readonly value?: AnyValue;
}

/** Columns of OpenObserve by name, as text. */
export type TextFields = Record<string, string>;

const cleanNames = new Map<string, string>();
const MOST_CLEAN_NAMES = 10_000;

/** The column that OpenObserve makes of a key: lower case, anything else than ASCII letters, digits and `_` becomes `_`. */
export function toColumnName(key: string): string {
  const known = cleanNames.get(key);
  if (known !== undefined) return known;
  const clean = key.toLowerCase().replace(/[^a-z0-9_]/gu, '_');
  if (cleanNames.size < MOST_CLEAN_NAMES) cleanNames.set(key, clean);
  return clean;
}

/**
 * Writes attributes into `fields` under `prefix` and their column names; maps join their keys with `_` down to `depth` levels, what lies deeper
 * and every list is JSON. A later attribute of the same column wins; attributes without a value are left out.
 */
export function addFields(
  fields: TextFields,
  attributes: readonly KeyValue[] | undefined,
  prefix = '',
  depth = Number.POSITIVE_INFINITY,
): void {
  for (const { key, value } of attributes ?? []) {
    const name = prefix + toColumnName(String(key ?? ''));
    if (value?.kvlistValue != null && depth > 1) addFields(fields, value.kvlistValue.values, `${name}_`, depth - 1);
    else {
      const text = toText(value);
      if (text !== undefined) fields[name] = text;
    }
  }
}

/** A value as text: integers with all their digits, lists and maps as JSON, bytes as the UTF-8 text they hold or else as base64. */
export function toText(value: AnyValue | null | undefined): string | undefined {
  if (value == null) return undefined;
  if (value.stringValue != null) return String(value.stringValue);
  if (value.arrayValue != null || value.kvlistValue != null) return toJson(value);
  if (value.bytesValue != null) return decodeBytes(String(value.bytesValue));
  const plain = value.boolValue ?? value.intValue ?? value.doubleValue;
  return plain == null ? undefined : String(plain);
}

function toJson(value: AnyValue | null | undefined): string {
  if (value == null) return 'null';
  if (value.arrayValue != null) return `[${(value.arrayValue.values ?? []).map(toJson).join(',')}]`;
  if (value.kvlistValue != null) {
    return `{${(value.kvlistValue.values ?? []).map((entry) => `${JSON.stringify(String(entry.key ?? ''))}:${toJson(entry.value)}`).join(',')}}`;
  }
  const text = toText(value);
  if (text === undefined) return 'null';
  const isBare =
    value.boolValue != null || value.intValue != null || (value.doubleValue != null && Number.isFinite(Number(value.doubleValue)));
  return isBare && value.stringValue == null && value.bytesValue == null ? text : JSON.stringify(text);
}

function decodeBytes(base64: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return base64;
  }
}
