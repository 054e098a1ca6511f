import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RDSClient } from '@aws-sdk/client-rds';
import { describeBucketFailure } from '../../core/bucket.ts';
import { ObserveBridgeError } from '../../core/error.ts';
import { parseArn } from '../aws-arn.ts';
import { type RoleCredentials, takeRole } from './aws-role.ts';
import type { AwsTopologyConfig } from './config.ts';

/** Clients of one region with the libraries they are of; disposing them closes their connections. */
export interface AwsClients extends Disposable {
  readonly ec2: { readonly sdk: typeof import('@aws-sdk/client-ec2'); readonly client: EC2Client };
  readonly elb: { readonly sdk: typeof import('@aws-sdk/client-elastic-load-balancing-v2'); readonly client: ElasticLoadBalancingV2Client };
  readonly rds: { readonly sdk: typeof import('@aws-sdk/client-rds'); readonly client: RDSClient };
  readonly lambda: { readonly sdk: typeof import('@aws-sdk/client-lambda'); readonly client: LambdaClient };
  readonly config: { readonly sdk: typeof import('@aws-sdk/client-config-service'); readonly client: ConfigServiceClient };
  /** The account that the credentials belong to, where they say so. */
  account(): Promise<string | null>;
}

/** What the clients send of a request again by themselves. */
const ATTEMPTS = 4;

/** Loads the libraries and creates clients; nothing is sent. Rejects with `OB_CONFIG_INVALID` where one of the two keys is missing. */
export async function connectAws(config: AwsTopologyConfig, region: string): Promise<AwsClients> {
  const { access_key: accessKeyId, secret_key: secretAccessKey, endpoint, profile, role_arn: role } = config;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ObserveBridgeError(
      'OB_CONFIG_INVALID',
      'config',
      'The AWS topology has one of `access_key` and `secret_key`; it needs both or neither.',
    );
  const [ec2, elb, rds, lambda, recorder] = await Promise.all([
    import('@aws-sdk/client-ec2'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-rds'),
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-config-service'),
  ]);
  const base = {
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
  };
  const own = role === undefined ? undefined : new ec2.EC2Client(base);
  let taken: Promise<RoleCredentials> | undefined;
  const options =
    own === undefined || role === undefined ? base : { ...base, credentials: () => (taken ??= takeRole(own, role, region, endpoint)) };
  const clients = {
    ec2: { sdk: ec2, client: new ec2.EC2Client(options) },
    elb: { sdk: elb, client: new elb.ElasticLoadBalancingV2Client(options) },
    rds: { sdk: rds, client: new rds.RDSClient(options) },
    lambda: { sdk: lambda, client: new lambda.LambdaClient(options) },
    config: { sdk: recorder, client: new recorder.ConfigServiceClient(options) },
  };
  return {
    ...clients,
    async account() {
      if (role !== undefined) return parseArn(role)?.account ?? null;
      const credentials = await clients.ec2.client.config.credentials().catch(() => undefined);
      return credentials?.accountId ?? null;
    },
    [Symbol.dispose]() {
      own?.destroy();
      for (const { client } of Object.values(clients)) client.destroy();
    },
  };
}

/** Why AWS did not answer, without its own words, which may name users and values. */
export function describeAwsFailure(error: unknown): string {
  const { name, status, code } = describeBucketFailure(error);
  if (status !== undefined)
    return `${/throttl|limit|TooManyRequests/i.test(name) || status === 429 ? 'too many requests' : 'refused'} (${name}, HTTP ${status})`;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return `there are no credentials (${name})`;
  return `no answer (${code ?? name})`;
}
