import type { BucketAccess } from '../core/bucket.ts';
import type { Micros } from '../core/time.ts';
import type { Tree } from './reader.ts';
import { createBucketTree } from './tree-bucket.ts';
import { createDirectoryTree } from './tree-directory.ts';

/** Opens the directory, git checkout or `s3://bucket/prefix` that `root` names; nothing is touched before the first call. */
export function openTree(access: BucketAccess, deps: { now(): Micros }): Tree & AsyncDisposable {
  if (access.root.startsWith('s3://')) return createBucketTree(access, deps.now);
  return { ...createDirectoryTree(access.root), async [Symbol.asyncDispose]() {} };
}
