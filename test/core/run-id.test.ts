import { assert, integer, property, uint8Array, uuid } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRunId, parseRunId } from '../../src/core/run-id.ts';

describe('parseRunId', () => {
  it('reads every way of writing a UUID', () => {
    assert(
      property(uuid(), (id) => {
        const bare = id.replaceAll('-', '');
        for (const text of [id, bare, id.toUpperCase(), `{${id}}`, `urn:uuid:${id}`, `URN:UUID:${id.toUpperCase()}`, ` ${id} `]) {
          expect(parseRunId(text)).toBe(id);
        }
      }),
    );
  });

  it.each([
    '',
    'abc',
    '018f-1',
    '{018f3a5e-1c2d-7000-8000-000000000000',
    '018f3a5e1c2d-7000-8000-000000000000',
    'g18f3a5e-1c2d-7000-8000-000000000000',
  ])('refuses %j', (text) => {
    expect(parseRunId(text)).toBeUndefined();
  });
});

describe('createRunId', () => {
  it('is a UUID of version 7 that begins with the time', () => {
    const time = integer({ min: 0, max: 2 ** 31 });
    assert(
      property(time, uint8Array({ minLength: 10, maxLength: 16 }), (nowMs, random) => {
        const id = createRunId(nowMs, random);
        expect(parseRunId(id)).toBe(id);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs);
      }),
    );
  });
});
