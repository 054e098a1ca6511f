import { type Static, Type } from 'typebox';
import { durationField, pathField, textField } from '../../core/config-field.ts';
import { StreamFilterSchema } from '../stream-filter.ts';

/** What the user writes under `source` to read OpenObserve through its search API. */
export const OpenObserveApiConfigSchema = Type.Object(
  {
    type: Type.Literal('openobserve_api', {
      description: 'Reads OpenObserve through its search API, which sees rows as soon as they are ingested.',
    }),
    url: textField({
      description: 'Address of OpenObserve with its base path, such as `https://openobserve.example.com`.',
      pattern: '^https?://[^\\s@?#]+$',
      'x-expects': 'an http:// or https:// address without credentials',
    }),
    organization: textField({ description: 'OpenObserve organization.', default: 'default', minLength: 1 }),
    user: textField({ description: 'E-mail address of a user or a service account that may read the streams.', minLength: 1 }),
    password: textField({ description: 'Password of the user, or token of the service account.', minLength: 1, 'x-secret': true }),
    streams: StreamFilterSchema,
    ca_file: Type.Optional(pathField({ description: 'Certificates (PEM) of the authorities to trust besides those of the system.' })),
    insecure_tls: Type.Boolean({ description: 'Whether any certificate is accepted.', default: false }),
    proxy: Type.Optional(
      textField({
        description: "HTTP proxy to go through; absent means what the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.",
        pattern: '^https?://',
        'x-expects': 'an http:// or https:// address',
        'x-secret': true,
      }),
    ),
    timeout: durationField({ description: 'How long one request may take; a search that takes longer is split.', default: '60s' }),
    concurrency: Type.Integer({
      description: 'Requests at once, and connections at most. A cluster of the open-source edition runs one search at a time.',
      minimum: 1,
      maximum: 64,
      default: 1,
    }),
    web_url: Type.Optional(
      textField({
        description: 'Address of the OpenObserve web interface, for links to the evidence; `url` if absent.',
        pattern: '^https?://',
        'x-expects': 'an http:// or https:// address',
      }),
    ),
  },
  { additionalProperties: false },
);
/** A validated `openobserve_api` source: defaults filled in, paths absolute. */
export type OpenObserveApiConfig = Static<typeof OpenObserveApiConfigSchema>;
