import { createHash } from 'node:crypto';

/**
 * A signed 64-bit key from natural key parts: the first eight bytes of SHA-256 over the parts, each preceded by its length,
 * so that it is the same on every machine and `['a', 'bc']` differs from `['ab', 'c']`.
 */
export function hash64(...parts: readonly string[]): bigint {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest().readBigInt64BE(0);
}

/** The same key as 16 lower-case hexadecimal digits. */
export function hashHex(...parts: readonly string[]): string {
  return BigInt.asUintN(64, hash64(...parts))
    .toString(16)
    .padStart(16, '0');
}
