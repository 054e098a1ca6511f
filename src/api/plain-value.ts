/**
 * A value of the database as JSON can hold it: whole numbers beyond 2^53, infinite numbers and NaN become text, bytes become hexadecimal text
 * with a leading `\x`.
 */
export function toPlainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(toPlainValue);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toPlainValue(inner)]));
  }
  return value;
}
