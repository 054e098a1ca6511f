import { type EvidenceBounds, type EvidencePlace, type EvidenceRows, rangeOf, toEvidence } from '../../core/evidence.ts';
import { quoteName, quoteText } from '../canonical.ts';
import type { ApiClient } from './api-client.ts';

/** The first member of every line, which the rows do not have. */
const MARK = '"_":0';

/** Searches the raw rows of a place, earliest first. Rejects as `ApiClient.search` does. */
export async function searchEvidence(
  client: ApiClient,
  place: EvidencePlace,
  bounds: EvidenceBounds,
  signal: AbortSignal,
): Promise<EvidenceRows> {
  const range = rangeOf(place);
  const trace = place.traceId === null ? '' : ` WHERE trace_id = ${quoteText(place.traceId)}`;
  let pieces: Buffer[] = [];
  let bytes = 0;
  const sink = {
    async begin() {
      pieces = [];
      bytes = 0;
    },
    async write(more: readonly Buffer[]) {
      for (const piece of more) {
        // What is beyond the bound only has to tell that there is more.
        if (bytes > bounds.bytes + 65_536) return;
        bytes += piece.length;
        pieces.push(Buffer.from(piece));
      }
    },
  };
  await client.search(
    {
      ...{ what: `stream ${place.stream}`, type: place.streamType, range, size: bounds.rows + 1, members: MARK },
      sql: `SELECT * FROM ${quoteName(place.stream)}${trace} ORDER BY _timestamp`,
    },
    sink,
    signal,
  );
  const texts = Buffer.concat(pieces)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const found = toEvidence(texts, bounds, range);
  return { ...found, rows: found.rows.map(({ _: __, ...row }) => row) };
}
