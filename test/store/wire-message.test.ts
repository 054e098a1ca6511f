import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readWireResult, toWireStatement } from '../../src/store/wire-message.ts';

/** A message of a server: its code and its body. */
function toMessage(code: string, ...body: (string | number[])[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part as string)));
  const head = Buffer.alloc(5, code);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

const ready = toMessage('Z', 'I');
const columns = toMessage('T', [0, 2], 'größe\0', [0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 8, 255, 255, 255, 255, 0, 0], 'b\0', [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 4, 160, 0, 8, 255, 255, 255, 255, 0, 0],
]);

test('a result has its columns, its cells as text and nulls, and its command', () => {
  const rows = [toMessage('D', [0, 2, 0, 0, 0, 3], '€', [255, 255, 255, 255]), toMessage('D', [0, 2, 0, 0, 0, 0], [0, 0, 0, 1], 'x')];
  const notice = toMessage('N', 'SNOTICE\0C00000\0Mnothing to do\0', [0]);
  const answer = Buffer.concat([toMessage('1'), notice, toMessage('2'), columns, ...rows, toMessage('C', 'SELECT 2\0'), ready]);
  expect(readWireResult(answer)).toEqual({
    command: 'SELECT',
    columns: [
      { name: 'größe', type: 20 },
      { name: 'b', type: 1184 },
    ],
    rows: [
      ['€', null],
      ['', 'x'],
    ],
  });
});

test('a refusal is thrown with the fields of a report and without those that can hold values', () => {
  const refusal = toMessage('E', 'SERROR\0C23505\0Mduplicate key\0DKey (a)=(secret)\0tkb_doc\0nkb_doc_pkey\0P12\0', [0]);
  let thrown: unknown;
  try {
    readWireResult(Buffer.concat([refusal, ready]));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toHaveProperty('message', 'duplicate key');
  expect({ ...Object(thrown) }).toEqual({ code: '23505', table: 'kb_doc', constraint: 'kb_doc_pkey', position: '12' });
  expect(inspect(thrown)).not.toMatch(/secret/);
});

test('an answer without an end is not taken for a result', () => {
  const answer = Buffer.concat([columns, toMessage('C', 'SELECT 0\0'), ready]);
  for (let end = 0; end < answer.length; end++) {
    expect(() => readWireResult(answer.subarray(0, end))).toThrow('The server broke off its answer.');
  }
});

test('a statement is one message each for parsing, binding, describing, executing and synchronizing', () => {
  const messages = toWireStatement('select $1, $2, $3', ['ü', null, '']);
  const formats = [[0, 3], ...Array.from({ length: 3 }, () => [0, 0])];
  // They are given away with the memory that they lie in, which therefore has nothing else.
  expect(messages.buffer.byteLength).toBe(messages.length);
  expect(Buffer.from(messages)).toEqual(
    Buffer.concat([
      toMessage('P', [0], 'select $1, $2, $3\0', [0, 0]),
      toMessage('B', [0, 0], ...formats, [0, 3, 0, 0, 0, 2], 'ü', [255, 255, 255, 255, 0, 0, 0, 0], [0, 1, 0, 0]),
      toMessage('D', 'P\0'),
      toMessage('E', [0, 0, 0, 0, 0]),
      toMessage('S'),
    ]),
  );
});
