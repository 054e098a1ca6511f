import type { S3Client } from '@aws-sdk/client-s3';
import { Type } from 'typebox';
import { textField } from './config-field.ts';
import { ObserveBridgeError } from './error.ts';

/** What the client sends of a request again by itself. */
export const BUCKET_ATTEMPTS = 3;

/** Configuration keys that say how a bucket is reached. */
export const bucketAccessFields = {
  endpoint: Type.Optional(
    textField({
      description: "Address of an S3-compatible server; Amazon's if absent.",
      pattern: '^https?://',
      'x-expects': 'an http:// or https:// address',
    }),
  ),
  region: Type.Optional(
    textField({ description: 'Region of the bucket; with an `endpoint` of your own `us-east-1` if absent.', minLength: 1 }),
  ),
  path_style: Type.Optional(
    Type.Boolean({
      description: 'Whether the bucket stands in the path of addresses instead of the host name. By default only with an `endpoint`.',
    }),
  ),
  access_key: Type.Optional(
    textField({
      description:
        'Access key; together with `secret_key`. Without both, environment, profile or role of this machine give them, as for the AWS tools.',
      minLength: 1,
    }),
  ),
  secret_key: Type.Optional(textField({ description: 'Secret of the access key.', minLength: 1, 'x-secret': true })),
};

/** Where a bucket is and how it is reached; `root` is `s3://bucket/prefix`. */
export interface BucketAccess {
  readonly root: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly path_style?: boolean;
  readonly access_key?: string;
  readonly secret_key?: string;
}

/** A client with the library it is of. */
export interface BucketConnection {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly client: S3Client;
}

/** Loads the client and creates one; nothing is sent. Rejects with `OB_CONFIG_INVALID` where one of the two keys is missing. */
export async function connectBucket(access: BucketAccess): Promise<BucketConnection> {
  const { endpoint, access_key: accessKeyId, secret_key: secretAccessKey } = access;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ObserveBridgeError(
      'OB_CONFIG_INVALID',
      'config',
      `${access.root} has one of \`access_key\` and \`secret_key\`; it needs both or neither.`,
    );
  const sdk = await import('@aws-sdk/client-s3');
  const region = access.region ?? (endpoint === undefined ? undefined : 'us-east-1');
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(accessKeyId === undefined || secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: access.path_style ?? endpoint !== undefined,
    followRegionRedirects: endpoint === undefined,
    maxAttempts: BUCKET_ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    // Other servers than Amazon's do not know the newer checksums.
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  });
  return { sdk, client };
}

/** `s3://bucket/a/b` is the bucket and the prefix `a/b/`. */
export function parseBucketRoot(root: string): { bucket: string; prefix: string } {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]+)\/*(.*)$/.exec(root) ?? [];
  return { bucket, prefix: rest === '' || rest.endsWith('/') ? rest : `${rest}/` };
}

/** What a failure of the client says: its name, HTTP status, code of the connection, and text. */
export function describeBucketFailure(error: unknown): {
  name: string;
  status: number | undefined;
  code: string | undefined;
  text: string;
} {
  if (!(error instanceof Error)) return { name: 'Error', status: undefined, code: undefined, text: String(error) };
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  const codes = [error, error.cause, ...(error instanceof AggregateError ? error.errors : [])].map((one: unknown) =>
    typeof one === 'object' && one !== null ? (Reflect.get(one, 'code') as unknown) : undefined,
  );
  // A refusal whose code the client has no class for is named by the code of the answer.
  const answered: unknown = Reflect.get(error, 'Code');
  return {
    name: typeof answered === 'string' ? answered : error.name,
    status: typeof status === 'number' ? status : undefined,
    code: codes.find((one) => typeof one === 'string'),
    text: error.message,
  };
}
