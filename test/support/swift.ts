import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { inParallel } from '../../src/core/in-parallel.ts';

const servers = ['account', 'container', 'object', 'proxy'] as const;

/** Keys per page of a listing: few, so that listings have pages. */
const PAGE = 5;

const keys = { access_key: 'test:tester', secret_key: 'testing' };

/** A running S3 server: OpenStack Swift with its s3api on loopback. */
export interface SwiftServer {
  readonly endpoint: string;
  /** What a source needs to reach it. */
  readonly access: {
    readonly endpoint: string;
    readonly region: string;
    readonly path_style: boolean;
    readonly access_key: string;
    readonly secret_key: string;
  };
  readonly client: S3Client;
  createBucket(name: string): Promise<void>;
  /** Makes the keys of a bucket below a prefix those of the files of a directory. */
  mirror(directory: string, bucket: string, prefix: string): Promise<void>;
  /** Removes a bucket and all it holds. */
  removeBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Why the server cannot run on this machine, or undefined. */
export function whySwiftIsMissing(): string | undefined {
  const missing = servers.map((name) => `/usr/bin/swift-${name}-server`).find((program) => !existsSync(program));
  if (missing !== undefined) return `${missing} is not installed; scripts/install-debian-packages.sh installs it`;
  return existsSync('/etc/swift/swift.conf') ? undefined : 'there is no /etc/swift/swift.conf';
}

/** All four servers in one process, because starting Python takes longest. Prints the port of the proxy once it answers. */
const SERVERS = `
import sys
import eventlet
from swift.common import utils
utils.eventlet_monkey_patch()
import eventlet.wsgi
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp
directory = sys.argv[1]
sockets = {name: eventlet.listen(('127.0.0.1', 0)) for name in ('account', 'container', 'object', 'proxy')}
for name in ('account', 'container', 'object'):
    builder = RingBuilder(2, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'ip': '127.0.0.1', 'port': sockets[name].getsockname()[1], 'device': 'd1', 'meta': ''})
    builder.rebalance()
    builder.get_ring().save(directory + '/' + name + '.ring.gz')
servers = [eventlet.spawn(eventlet.wsgi.server, socket, loadapp('%s/%s-server.conf' % (directory, name)), open('/dev/null', 'w'), protocol=SwiftHttpProtocol)
           for name, socket in sockets.items()]
print(sockets['proxy'].getsockname()[1], flush=True)
for server in servers:
    server.wait()
`;

/** Starts the server in a directory of its own on a free port. */
export async function startSwift(): Promise<SwiftServer> {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-swift-'));
  await mkdir(join(directory, 'devices', 'd1'), { recursive: true });
  for (const name of servers) await writeFile(join(directory, `${name}-server.conf`), configOf(name, directory));
  const child = spawn('/usr/bin/python3', ['-c', SERVERS, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = async (): Promise<void> => {
    await endProcess(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const access = { endpoint: `http://127.0.0.1:${await firstLine(child)}`, region: 'us-east-1', path_style: true, ...keys };
    const client = createClient(access);
    return { endpoint: access.endpoint, access, client, ...bucketCalls(client), stop: () => stop().finally(() => client.destroy()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the process prints first; rejects with the end of its errors when it ends before. */
function firstLine(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', () => reject(new Error(`The S3 server did not start: ${errors}`)));
  });
}

function createClient(access: SwiftServer['access']): S3Client {
  return new S3Client({
    ...{ endpoint: access.endpoint, region: access.region, forcePathStyle: true },
    credentials: { accessKeyId: access.access_key, secretAccessKey: access.secret_key },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  });
}

function bucketCalls(client: S3Client): Pick<SwiftServer, 'createBucket' | 'mirror' | 'removeBucket'> {
  const list = async (Bucket: string, Prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken === undefined ? {} : { ContinuationToken }) }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      ContinuationToken = page.NextContinuationToken;
      if (ContinuationToken === undefined) return keys;
    }
  };
  const remove = (Bucket: string, Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }));
  const sent = new Map<string, string>();
  return {
    async createBucket(name) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
    },
    async mirror(directory, bucket, prefix) {
      const files = await readdir(directory, { recursive: true, withFileTypes: true });
      const wanted = new Map(
        files
          .filter((file) => file.isFile())
          .map((file) => join(file.parentPath, file.name))
          .map((path) => [prefix + relative(directory, path), path]),
      );
      await inParallel([...wanted], 4, async ([key, path]) => {
        const body = await readFile(path);
        const digest = createHash('sha256').update(body).digest('hex');
        if (sent.get(`${bucket}/${key}`) === digest) return;
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
        sent.set(`${bucket}/${key}`, digest);
      });
      for (const name of sent.keys()) {
        const key = name.slice(bucket.length + 1);
        if (!name.startsWith(`${bucket}/${prefix}`) || wanted.has(key)) continue;
        sent.delete(name);
        await remove(bucket, key);
      }
    },
    async removeBucket(name) {
      for (const key of await list(name, '')) await remove(name, key);
      await client.send(new DeleteBucketCommand({ Bucket: name }));
    },
  };
}

function configOf(name: (typeof servers)[number], directory: string): string {
  const common = `[DEFAULT]
swift_dir = ${directory}
devices = ${join(directory, 'devices')}
mount_check = false
fallocate_reserve = 0
log_address =
log_level = ERROR
`;
  if (name !== 'proxy') return `${common}[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\n`;
  const [owner, user] = keys.access_key.split(':');
  return `${common}[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
error_suppression_limit = 0
error_suppression_interval = 3600
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
max_bucket_listing = ${PAGE}
[filter:tempauth]
use = egg:swift#tempauth
user_${owner}_${user} = ${keys.secret_key} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
`;
}

function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
