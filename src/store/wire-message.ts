import {
  CommandCompleteMessage,
  DatabaseError,
  DataRowMessage,
  ReadyForQueryMessage,
  RowDescriptionMessage,
} from 'pg-protocol/dist/messages.js';
import { Parser } from 'pg-protocol/dist/parser.js';
import { serialize } from 'pg-protocol/dist/serializer.js';
import { toServerReport } from './database-error.ts';
import type { TextResult } from './session.ts';

/** One statement with its parameters as the messages that a server answers with one result, cells as text. */
export function toWireStatement(sql: string, params: readonly (string | null)[]): Uint8Array<ArrayBuffer> {
  const bind = serialize.bind({ values: [...params] });
  const messages = [serialize.parse({ text: sql }), bind, serialize.describe({ type: 'P' }), serialize.execute(), serialize.sync()];
  // The bytes are handed to another thread, and what Node concatenates can lie in memory that others use as well.
  const bytes = new Uint8Array(messages.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const message of messages) {
    bytes.set(message, at);
    at += message.length;
  }
  return bytes;
}

/**
 * The result in the messages that answer one statement. Throws what the server reported, as an error with the fields of a `ServerReport`, and an
 * error when the answer does not end.
 */
export function readWireResult(answer: Uint8Array): TextResult {
  let columns: TextResult['columns'] = [];
  const rows: (string | null)[][] = [];
  let command = '';
  let isWhole = false;
  new Parser().parse(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength), (message) => {
    if (message instanceof DataRowMessage) rows.push(message.fields);
    else if (message instanceof RowDescriptionMessage) columns = message.fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
    else if (message instanceof CommandCompleteMessage) command = message.text.split(' ', 1)[0] ?? '';
    else if (message instanceof ReadyForQueryMessage) isWhole = true;
    else if (message instanceof DatabaseError) throw toError(message);
  });
  // A statement that brought the server down must not look like one that found nothing.
  if (!isWhole) throw new Error('The server broke off its answer.');
  return { command, columns, rows };
}

function toError(refusal: DatabaseError): Error {
  const report = toServerReport(refusal);
  return Object.assign(new Error(report.message), report);
}
