import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { maskConfig } from '../../src/config/mask.ts';

const parse = (source: string) =>
  parseConfig(`tenants: [{ id: a, source: { type: openobserve_files, ${source} } }]`, '/etc/ob/observebridge.yaml', {
    variables: { SECRET: 'sesame' },
    directory: '/',
  });

it('takes buckets with their keys, and never shows a secret', () => {
  const config = parse(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the reference is resolved by the configuration
    'root: "s3://b/p", access_key: k, secret_key: "${SECRET}", cache: { directory: c }, accounts: { eu: { root: "s3://eu", secret_key: "${SECRET}" } }',
  );
  expect(config.tenants[0]?.source).toMatchObject({
    ...{ root: 's3://b/p', secret_key: 'sesame', concurrency: 8, stream_filter: { include: ['*'], exclude: [] } },
    ...{ cache: { directory: '/etc/ob/c', size_mb: 2048 }, accounts: { eu: { root: 's3://eu', secret_key: 'sesame' } } },
  });
  expect(JSON.stringify(maskConfig(config))).not.toContain('sesame');
});

it.each([
  ['root: "gs://b/p"', 'tenants[0].source.root must be a directory, or `s3://` with a bucket and perhaps a prefix.'],
  ['root: "s3://"', 'tenants[0].source.root must be a directory, or `s3://` with a bucket and perhaps a prefix.'],
  ['root: d, endpoint: localhost', 'tenants[0].source.endpoint must be an http:// or https:// address.'],
  ['root: d, accounts: { eu: { root: d } }', 'tenants[0].source.accounts.eu.root must be `s3://` with a bucket and perhaps a prefix.'],
  ['root: d, accounts: { eu: { root: "s3://b", secret: x } }', 'tenants[0].source.accounts.eu.secret is not a known key'],
])('refuses %s', (source, sentence) => {
  expect(() => parse(source)).toThrow(sentence);
});
