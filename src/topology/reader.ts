import type { Observation } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';

/** A file of a tree. */
export interface TreeFile {
  /** Path inside the tree with `/`, without a leading one. */
  readonly path: string;
  readonly size: number;
  /** Changes exactly when the content does: a git blob id, an ETag, or a hash of the content. */
  readonly hash: string;
  /** Time of the commit that changed it last, or of its last modification. */
  readonly modifiedAt: Micros;
}

/** A directory, git checkout or bucket prefix that holds documents. Reading never changes it and never runs anything in it. */
export interface Tree {
  /** The path or `s3://` address as configured, without secrets. */
  readonly origin: string;
  /** All files, sorted by path; `.git`, `.terraform`, `node_modules` and what is no file are left out. Rejects with `OB_TOPOLOGY_UNREADABLE`. */
  files(signal: AbortSignal): Promise<readonly TreeFile[]>;
  /**
   * Since when the tree is as `files` listed it last, also where files went since: no earlier than the time of any file. Undefined before the
   * first listing. It is the time of what a reader says about the tree as a whole.
   */
  changedAt?(): Micros | undefined;
  /** Bytes of a file, in pieces. Rejects with `OB_TOPOLOGY_UNREADABLE`. */
  stream(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What a reader works on: a tree with the files in it that changed or not. */
export interface ReadRequest {
  readonly tree: Tree;
  readonly files: readonly TreeFile[];
  /** Name of the scope when the document has none of its own. */
  readonly scope: string;
  readonly signal: AbortSignal;
}

/**
 * Reads the topology that documents of one kind declare. Readers keep no state, execute nothing, follow no address in a document, and never put
 * a secret or sensitive value anywhere. A document that is corrupt or of an unknown version becomes a problem that `hides`, naming the file and the
 * reason, in an observation of its scope; other documents are read all the same. Memory is bounded by the largest single resource, not by the file.
 */
export interface TopologyReader {
  readonly name: string;
  /** Yields one observation per scope, each exactly once; edges and resources in a stable order, without repetition. */
  read(request: ReadRequest): AsyncIterable<Observation>;
}

/** Reads the topology from an API that knows it: a cluster or a cloud account. The same promises as `TopologyReader` hold. */
export interface TopologyApi {
  readonly name: string;
  read(signal: AbortSignal): AsyncIterable<Observation>;
}
