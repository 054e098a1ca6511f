import { describeBucketFailure } from '../../core/bucket.ts';
import { type ErrorCode, ObserveBridgeError } from '../../core/error.ts';
import { maskSecrets } from '../../core/secret.ts';

/** What was asked of a bucket: enough to say which part of the configuration is wrong. */
export interface S3Request {
  /** `s3://bucket/key` of what was asked for. */
  readonly address: string;
  readonly bucket: string;
  /** The server, as people write it. */
  readonly server: string;
}

const notAccepted = new Set([
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'Unauthorized'],
  ...['AuthorizationHeaderMalformed', 'AuthFailure', 'UnrecognizedClientException'],
]);

const tlsFailure = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO)/;

/** Turns a failure of the S3 client into one of ours; neither message nor cause holds keys or signatures. */
export function toS3Error(error: unknown, request: S3Request): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const { name, status, code, text } = describeBucketFailure(error);
  const { address, bucket, server } = request;
  const cause = new Error(maskSecrets(`${name}: ${text}`));
  const fail = (ours: ErrorCode, message: string) => new ObserveBridgeError(ours, 'read', message, cause);
  if (name === 'NoSuchBucket') return fail('OB_SOURCE_UNREADABLE', `The bucket ${bucket} does not exist at ${server}.`);
  if (name === 'NoSuchKey' || status === 404) return fail('OB_SOURCE_OBJECT_GONE', `The live object ${address} is not there.`);
  if (name === 'RequestTimeTooSkewed')
    return fail('OB_SOURCE_UNAVAILABLE', `The clock of this machine and that of ${server} are too far apart for signed requests.`);
  if (notAccepted.has(name) || status === 401)
    return fail('OB_SOURCE_AUTH', `${server} did not accept the credentials for the bucket ${bucket} (${name}).`);
  if (status === 403) return fail('OB_SOURCE_AUTH', `The credentials may not read ${address} at ${server}.`);
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return fail('OB_SOURCE_AUTH', `There are no credentials for the bucket ${bucket}, neither in the configuration nor on this machine.`);
  if (/region is missing/i.test(text)) return fail('OB_SOURCE_UNREADABLE', `The region of the bucket ${bucket} is not known.`);
  if (name === 'PermanentRedirect' || status === 301)
    return fail('OB_SOURCE_UNREADABLE', `The bucket ${bucket} is in another region than the configured one.`);
  if (status !== undefined && status < 500 && status !== 408 && status !== 429)
    return fail('OB_SOURCE_UNREADABLE', `${server} refused to read ${address} (${name}).`);
  if (status !== undefined) return fail('OB_SOURCE_UNAVAILABLE', `${server} failed to read ${address} (${name}, HTTP ${status}).`);
  if (code !== undefined && tlsFailure.test(code))
    return fail('OB_SOURCE_UNAVAILABLE', `The certificate of ${server} was not accepted (${code}).`);
  return fail('OB_SOURCE_UNAVAILABLE', `${server} does not answer (${code ?? name}).`);
}
