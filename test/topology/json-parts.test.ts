import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonShape, readJson } from '../../src/topology/json-parts.ts';

async function* cut(text: string, size: number): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, shape: JsonShape, size = 3): Promise<{ damage: string | undefined; parts: unknown[] }> {
  const parts: unknown[] = [];
  const damage = await readJson(cut(text, size), shape, (name, value, key) => parts.push([name, key, value]));
  return { damage, parts };
}

describe('readJson', () => {
  it('hands over what is taken, with its key, wherever the pieces are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.nat(3),
        fc.integer({ min: 1, max: 9 }),
        async (document, indent, size) => {
          const { damage, parts } = await read(JSON.stringify(document, null, indent), { enter: { '*': { take: 'any' } } }, size);
          expect(damage).toBeUndefined();
          const parsed = Object.entries(JSON.parse(JSON.stringify(document)));
          expect(parts).toEqual(parsed.map(([key, value]) => ['any', key, value]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('walks what is entered, announces ends and skips the rest', async () => {
    const text = JSON.stringify({ skipped: { list: ['}]"\\'] }, list: [{ x: [1] }, 2, { x: 'é' }], other: 'no', again: { list: [0] } });
    const shape: JsonShape = {
      enter: { list: { enter: { '[]': { enter: { x: { take: 'x' } } } }, end: 'list' }, again: { enter: {}, end: 'again' } },
    };
    expect(await read(text, shape, 1)).toEqual({
      damage: undefined,
      parts: [
        ['x', 'x', [1]],
        ['x', 'x', 'é'],
        ['list', 'list', undefined],
        ['again', 'again', undefined],
      ],
    });
  });

  it.each([
    ['', 'is empty'],
    ['  \n', 'is empty'],
    ['{"a":1', 'ends too early, after 6 bytes'],
    ['{"a":[{"b":"c', 'ends too early, after 13 bytes'],
    ['{"a" 1}', 'is no valid JSON at byte 5'],
    ['{"a":1]', 'is no valid JSON at byte 6'],
    ['{"a":secret}', 'is no valid JSON at byte 11'],
    ['{"a":1,}', 'is no valid JSON at byte 7'],
    ['{"a":1} x', 'is no valid JSON at byte 8'],
    ['not json', 'is no valid JSON at byte 3'],
  ])('says of %j where it is wrong, and nothing of its content', async (text, damage) => {
    for (const size of [1, 4, 100]) expect((await read(text, { enter: { a: { take: 'a' } } }, size)).damage).toBe(damage);
  });
});
