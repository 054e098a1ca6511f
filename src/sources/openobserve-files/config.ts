import { type Static, Type } from 'typebox';
import { pathField, textField } from '../../core/config-field.ts';

/** What the user writes under `source` to read OpenObserve's own files. */
export const OpenObserveFilesConfigSchema = Type.Object(
  {
    type: Type.Literal('openobserve_files', { description: "Reads OpenObserve's parquet files in its own directory layout." }),
    root: pathField({
      description: 'Directory that holds `files/<organization>/…`: the `stream` directory of OpenObserve, or an `s3://bucket/prefix`.',
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
    streams: Type.Optional(pathField({ description: 'Saved answer of `GET /api/<organization>/streams`, for the types of metrics.' })),
    web_url: Type.Optional(
      textField({
        description: 'Address of the OpenObserve web interface, for links to the evidence.',
        pattern: '^https?://',
        'x-expects': 'an http:// or https:// address',
      }),
    ),
  },
  { additionalProperties: false },
);
/** A validated `openobserve_files` source: paths are absolute. */
export type OpenObserveFilesConfig = Static<typeof OpenObserveFilesConfigSchema>;
