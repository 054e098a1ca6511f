import { type ErrorCode, ObserveBridgeError, type Stage } from '../../core/error.ts';

/** A file that the engine reads, and how people write the object that it is. */
export interface NamedFile {
  readonly path: string;
  readonly address: string;
}

/** Tells from the engine's words what is wrong with which object. The words may quote values, which neither message nor cause repeats. */
export function explainReadError(error: unknown, files: readonly NamedFile[]): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const reason = withoutValues(text);
  const explain = (code: ErrorCode, stage: Stage, message: string) => new ObserveBridgeError(code, stage, message, new Error(reason));
  if (isDiskError(error))
    return explain('OB_TEMP_DIRECTORY', 'read', `Files for the engine cannot be written (${Reflect.get(error, 'code')}).`);
  const object = files.find((file) => text.includes(file.path))?.address ?? 'one of the live objects';
  if (/Out of Memory/i.test(text))
    return explain('OB_MEMORY_LIMIT', 'aggregate', 'The window does not fit into the memory limit of the engine.');
  if (/No files found|No such file|Cannot open file/i.test(text))
    return explain('OB_SOURCE_OBJECT_GONE', 'read', `The live object ${object} vanished while it was read.`);
  if (/Permission denied/i.test(text)) return explain('OB_SOURCE_UNREADABLE', 'read', `The object ${object} cannot be read.`);
  if (/magic bytes|parquet|thrift|TProtocol|snappy|zstd|gzip|invalid string encoding|too small|decompress/i.test(text))
    return explain('OB_SOURCE_OBJECT_CORRUPT', 'read', `The object ${object} is damaged: it is not whole, valid parquet.`);
  return explain('OB_AGGREGATION_FAILED', 'aggregate', `The engine refused the window: ${reason.replace(/\.$/, '')}.`);
}

/** Whether a file could not be opened or written, rather than a connection. */
export function isDiskError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const [code, syscall] = [Reflect.get(error, 'code'), Reflect.get(error, 'syscall')];
  return (
    /^E(NOSPC|DQUOT|ROFS|ACCES|PERM|IO|MFILE|NFILE|NOTDIR|NOENT)$/.test(String(code)) &&
    !/^(connect|getaddrinfo|read)$/.test(String(syscall))
  );
}

function withoutValues(text: string): string {
  const [first = ''] = text.split('\n');
  return first.replace(/"[^"]*"?|'[^']*'?/g, '…');
}
