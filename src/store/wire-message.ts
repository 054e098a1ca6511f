import type { ServerReport } from './database-error.ts';
import type { TextResult } from './session.ts';

/** Codes of the messages of PostgreSQL's protocol, version 3, that are written or read here. */
const PARSE = 0x50;
const BIND = 0x42;
const DESCRIBE = 0x44;
const EXECUTE = 0x45;
const SYNC = 0x53;
const ROW_DESCRIPTION = 0x54;
const DATA_ROW = 0x44;
const COMMAND_COMPLETE = 0x43;
const ERROR = 0x45;
const READY = 0x5a;

/** Fields of an error message that a report has. */
const REPORTED: Readonly<Record<string, keyof ServerReport>> = {
  M: 'message',
  C: 'code',
  H: 'hint',
  P: 'position',
  n: 'constraint',
  t: 'table',
};

/** One statement with its parameters as the messages that a server answers with one result, cells as text. */
export function toWireStatement(sql: string, params: readonly (string | null)[]): Uint8Array<ArrayBuffer> {
  const sizes = params.map((param) => (param === null ? -1 : Buffer.byteLength(param)));
  const parseBytes = 4 + 1 + Buffer.byteLength(sql) + 1 + 2;
  const bindBytes = 4 + 2 + 2 + 2 + sizes.reduce((sum, size) => sum + 4 + Math.max(0, size), 0) + 2;
  const bytes = Buffer.from(new ArrayBuffer(1 + parseBytes + 1 + bindBytes + 7 + 10 + 5));
  let at = bytes.writeUInt8(PARSE);
  at = bytes.writeInt32BE(parseBytes, at) + 1;
  at += bytes.write(sql, at) + 1 + 2;
  at = bytes.writeInt32BE(bindBytes, bytes.writeUInt8(BIND, at)) + 2 + 2;
  at = bytes.writeUInt16BE(params.length, at);
  for (const [index, param] of params.entries()) {
    at = bytes.writeInt32BE(sizes[index] ?? -1, at);
    if (param !== null) at += bytes.write(param, at);
  }
  at = bytes.writeInt32BE(6, bytes.writeUInt8(DESCRIBE, at + 2));
  at = bytes.writeUInt8('P'.charCodeAt(0), at) + 1;
  at = bytes.writeInt32BE(9, bytes.writeUInt8(EXECUTE, at)) + 1 + 4;
  bytes.writeInt32BE(4, bytes.writeUInt8(SYNC, at));
  return new Uint8Array(bytes.buffer);
}

/**
 * The result in the messages that answer one statement. Throws what the server reported, as an error with the fields of a `ServerReport`, and an
 * error when the answer does not end.
 */
export function readWireResult(answer: Uint8Array): TextResult {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  let columns: TextResult['columns'] = [];
  const rows: (string | null)[][] = [];
  let command = '';
  let isWhole = false;
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const body = at + 5;
    switch (bytes[at]) {
      case DATA_ROW:
        rows.push(readRow(bytes, body));
        break;
      case ROW_DESCRIPTION:
        columns = readColumns(bytes, body);
        break;
      case COMMAND_COMPLETE:
        command = readText(bytes, body).split(' ', 1)[0] ?? '';
        break;
      case ERROR:
        throw readError(bytes, body);
      case READY:
        isWhole = true;
    }
  }
  // A statement that brought the server down must not look like one that found nothing.
  if (!isWhole) throw new Error('The server broke off its answer.');
  return { command, columns, rows };
}

function readRow(bytes: Buffer, body: number): (string | null)[] {
  const cells: (string | null)[] = new Array(bytes.readUInt16BE(body));
  let at = body + 2;
  for (let index = 0; index < cells.length; index++) {
    const size = bytes.readInt32BE(at);
    at += 4;
    cells[index] = size < 0 ? null : bytes.toString('utf8', at, at + size);
    if (size > 0) at += size;
  }
  return cells;
}

/** Name and type; a column has 18 bytes behind its name, the type's object id from the seventh on. */
function readColumns(bytes: Buffer, body: number): TextResult['columns'] {
  let at = body + 2;
  return Array.from({ length: bytes.readUInt16BE(body) }, () => {
    const end = bytes.indexOf(0, at);
    const column = { name: bytes.toString('utf8', at, end), type: bytes.readUInt32BE(end + 7) };
    at = end + 19;
    return column;
  });
}

function readError(bytes: Buffer, body: number): Error {
  const report: Record<string, string> = {};
  for (let at = body; bytes[at] !== 0; at = bytes.indexOf(0, at) + 1) {
    const field = REPORTED[String.fromCharCode(bytes[at] ?? 0)];
    if (field !== undefined) report[field] = readText(bytes, at + 1);
  }
  return Object.assign(new Error(report.message), report);
}

function readText(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at, bytes.indexOf(0, at));
}
