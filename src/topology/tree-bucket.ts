import type { Readable } from 'node:stream';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { type BucketAccess, type BucketConnection, connectBucket, describeBucketFailure, parseBucketRoot } from '../core/bucket.ts';
import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import { maskSecrets } from '../core/secret.ts';
import type { Micros } from '../core/time.ts';
import type { Tree, TreeFile } from './reader.ts';
import { isLeftOut } from './tree-entry.ts';

/**
 * Objects below a prefix of a bucket. A listing does not tell when an object went, so the tree is as it is since it was last listed.
 * Disposing it closes its connections.
 */
export function createBucketTree(access: BucketAccess, now: () => Micros): Tree & AsyncDisposable {
  const { bucket, prefix } = parseBucketRoot(access.root);
  const server = access.endpoint === undefined ? 'Amazon S3' : maskSecrets(access.endpoint);
  let connection: Promise<BucketConnection> | undefined;
  let changedAt: Micros | undefined;

  const open = (): Promise<BucketConnection> => {
    connection ??= connectBucket(access);
    return connection;
  };
  const fail = (key: string, error: unknown, signal: AbortSignal): ObserveBridgeError => {
    throwIfAborted(signal);
    if (error instanceof ObserveBridgeError) return error;
    const { name, status, code, text } = describeBucketFailure(error);
    const address = `s3://${bucket}/${prefix}${key}`;
    const message =
      status === undefined
        ? `${address} cannot be read because ${server} does not answer (${code ?? name}).`
        : `${address} cannot be read because ${server} refused it (${name}, HTTP ${status}).`;
    return new ObserveBridgeError('OB_TOPOLOGY_UNREADABLE', 'read', message, new Error(maskSecrets(`${name}: ${text}`)));
  };

  return {
    origin: access.root,
    changedAt: () => changedAt,
    async files(signal) {
      throwIfAborted(signal);
      const listedAt = now();
      const files: TreeFile[] = [];
      try {
        const { sdk, client } = await open();
        let token: string | undefined;
        do {
          const input = { Bucket: bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) };
          const page: ListObjectsV2CommandOutput = await client.send(new sdk.ListObjectsV2Command(input), { abortSignal: signal });
          for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? []) {
            const path = Key.slice(prefix.length);
            if (path === '' || path.endsWith('/') || path.split('/').some(isLeftOut)) continue;
            files.push({ path, size: Size, hash: ETag.replaceAll('"', ''), modifiedAt: (LastModified?.getTime() ?? 0) * 1000 });
          }
          token = page.IsTruncated ? page.NextContinuationToken : undefined;
          if (page.IsTruncated && token === undefined) throw new Error('the listing ended too early');
        } while (token !== undefined);
      } catch (error) {
        throw fail('', error, signal);
      }
      changedAt = listedAt;
      return files.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async *stream(path, signal) {
      throwIfAborted(signal);
      try {
        const { sdk, client } = await open();
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: prefix + path }), { abortSignal: signal });
        yield* Body as Readable as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw fail(path, error, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      const opened = await connection?.catch(() => undefined);
      connection = undefined;
      opened?.client.destroy();
    },
  };
}
