import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash64, hashHex } from '../../src/core/hash.ts';

describe('hash64', () => {
  it('is the same on every machine', () => {
    expect(hash64('tenant', 'urn:svc:cart')).toBe(6727784198052673516n);
    expect(hash64()).toBe(-2039914840885289964n);
  });

  it('keeps parts apart', () => {
    expect(hash64('a', 'bc')).not.toBe(hash64('ab', 'c'));
    expect(hash64('a')).not.toBe(hash64('a', ''));
    expect(hash64('1:a')).not.toBe(hash64('a'));
  });

  it('is a signed 64-bit number, and hashHex its sixteen digits', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
        const hash = hash64(...parts);
        expect(BigInt.asIntN(64, hash)).toBe(hash);
        expect(hashHex(...parts)).toMatch(/^[0-9a-f]{16}$/);
        expect(BigInt.asIntN(64, BigInt(`0x${hashHex(...parts)}`))).toBe(hash);
      }),
    );
  });
});
