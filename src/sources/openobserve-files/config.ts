import { type Static, Type } from 'typebox';
import { bucketAccessFields } from '../../core/bucket.ts';
import { pathField, textField } from '../../core/config-field.ts';
import { OpenObserveApiConfigSchema } from '../openobserve-api/config.ts';
import { StreamFilterSchema } from '../stream-filter.ts';

/** How many objects of a bucket are under way at once, when the user does not say. */
export const DEFAULT_CONCURRENCY = 8;

/** Size of the cache of objects in MB, when the user does not say. */
export const DEFAULT_CACHE_MB = 2048;

const closed = { additionalProperties: false } as const;

const AccountSchema = Type.Object(
  {
    root: textField({
      description: 'Bucket and prefix of the account.',
      pattern: '^s3://[^/]+(/.*)?$',
      'x-expects': '`s3://` with a bucket and perhaps a prefix',
    }),
    ...bucketAccessFields,
  },
  { ...closed, description: 'One account of ZO_S3_ACCOUNTS.' },
);

/** What the user writes under `source` to read OpenObserve's own files. */
export const OpenObserveFilesConfigSchema = Type.Object(
  {
    type: Type.Literal('openobserve_files', { description: "Reads OpenObserve's parquet files in its own directory layout." }),
    root: pathField({
      description: 'Directory that holds `files/<organization>/…`: the `stream` directory of OpenObserve, or an `s3://bucket/prefix`.',
      pattern: '^(s3://[^/]+(/.*)?|(?![a-zA-Z][a-zA-Z0-9+.-]*://).+)$',
      'x-expects': 'a directory, or `s3://` with a bucket and perhaps a prefix',
    }),
    organization: textField({ description: 'OpenObserve organization.', default: 'default', minLength: 1 }),
    file_list: Type.Optional(
      pathField({
        description:
          "OpenObserve's list of live files: `sqlite:` and the path of its metadata.sqlite, or the address of its PostgreSQL. " +
          'Without it only hours that no longer change are read.',
        pattern: '^(sqlite:.+|postgres(ql)?://.+)$',
        'x-expects': '`sqlite:` and a path, or `postgres://` and an address',
      }),
    ),
    ...bucketAccessFields,
    accounts: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), AccountSchema, {
        description: "Where the objects of each account of OpenObserve's ZO_S3_ACCOUNTS are; `root` serves objects without an account.",
      }),
    ),
    concurrency: Type.Optional(
      Type.Integer({
        description: 'How many objects of a bucket are fetched or looked at at once.',
        minimum: 1,
        maximum: 256,
        default: DEFAULT_CONCURRENCY,
      }),
    ),
    cache: Type.Optional(
      Type.Object(
        {
          directory: Type.Optional(
            pathField({
              description: "Directory for objects of a bucket that were read; below the system's temporary directory if absent.",
            }),
          ),
          size_mb: Type.Optional(
            Type.Integer({
              description:
                'How large the cache may grow; what was not used for longest goes first. Objects that a running read uses come on top. 0 keeps nothing.',
              minimum: 0,
              default: DEFAULT_CACHE_MB,
            }),
          ),
        },
        {
          ...closed,
          description: 'Objects never change, so one that was fetched serves later windows. Processes on one machine may share it.',
        },
      ),
    ),
    fallback: Type.Optional(
      Type.Object(OpenObserveApiConfigSchema.properties, {
        ...closed,
        description:
          'Reads windows whose files cannot be read (Vortex, or an unsafe listing) through the search API of the same OpenObserve.',
      }),
    ),
    stream_filter: Type.Optional(StreamFilterSchema),
    streams: Type.Optional(pathField({ description: 'Saved answer of `GET /api/<organization>/streams`, for the types of metrics.' })),
    web_url: Type.Optional(
      textField({
        description: 'Address of the OpenObserve web interface, for links to the evidence.',
        pattern: '^https?://',
        'x-expects': 'an http:// or https:// address',
      }),
    ),
  },
  closed,
);
/** A validated `openobserve_files` source: paths are absolute. */
export type OpenObserveFilesConfig = Static<typeof OpenObserveFilesConfigSchema>;

/** Where a bucket is and how it is reached. */
export type BucketConfig = Static<typeof AccountSchema>;
