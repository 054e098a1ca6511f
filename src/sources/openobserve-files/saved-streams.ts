import { readFile } from 'node:fs/promises';
import { ObserveBridgeError } from '../../core/error.ts';

interface SavedStream {
  name?: unknown;
  stream_type?: unknown;
  metrics_meta?: { metric_type?: unknown } | null;
}

/** Reads a saved answer of `GET /streams` and gives the metric type of each metric stream, in lower case. Rejects with `OB_SOURCE_UNREADABLE`. */
export async function readMetricTypes(path: string): Promise<Map<string, string>> {
  let answer: { list?: SavedStream[] };
  try {
    answer = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The saved stream list ${path} cannot be read as JSON.`, error);
  }
  if (!Array.isArray(answer.list))
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The saved stream list ${path} has no "list".`);
  const types = new Map<string, string>();
  for (const { name, metrics_meta } of answer.list) {
    if (typeof name === 'string' && typeof metrics_meta?.metric_type === 'string') types.set(name, metrics_meta.metric_type.toLowerCase());
  }
  return types;
}
