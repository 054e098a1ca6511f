import type { CallReader } from '../graph/call-reader.ts';
import { listCallPeers, listEdgeCalls } from '../store/call-list.ts';
import type { Queryable } from '../store/db.ts';
import { createEdgeMerger } from './merged-calls.ts';

/** Reads the calls of a tenant for graph questions; `most` packed rows are merged for percentiles, as `createEdgeMerger` says. */
export function createCallReader(db: Queryable, tenantId: string, most?: number): CallReader {
  return {
    listEdges: (window, near) => listEdgeCalls(db, tenantId, window, near),
    listPeers: (window, ids) => listCallPeers(db, tenantId, window, ids),
    mergeEdges: createEdgeMerger(db, tenantId, most),
  };
}
