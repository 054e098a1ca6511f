/** An object below a prefix; `name` is its key without the prefix. */
export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Where objects lie. Keys and prefixes begin with `files/`, have `/` between parts, and a prefix ends with one. Every call stops with
 * `OB_CANCELED` when the signal fires and rejects with `OB_SOURCE_*`: `OB_SOURCE_OBJECT_GONE` for an object that is not there.
 */
export interface ObjectStore extends AsyncDisposable {
  /** How people write a key of this store. */
  addressOf(key: string): string;
  /** Rejects with `OB_SOURCE_UNREADABLE` where nothing is below `files/`. */
  verify(signal: AbortSignal): Promise<void>;
  /** Names of the directories right below a prefix, sorted. */
  directories(prefix: string, signal: AbortSignal): Promise<string[]>;
  /** All objects below a prefix, at any depth, sorted by name. */
  objects(prefix: string, signal: AbortSignal): Promise<StoredObject[]>;
  /** Size in bytes. */
  size(key: string, signal: AbortSignal): Promise<number>;
  /** Path of a file with the whole object: `target`, which it makes, or one of its own that it leaves in place. */
  fetch(key: string, target: string, signal: AbortSignal): Promise<string>;
  /** The same for a file in which only the parquet footer of the object is right. */
  fetchFooter(key: string, bytes: number, target: string, signal: AbortSignal): Promise<string>;
}
