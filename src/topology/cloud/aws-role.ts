import type { EC2Client } from '@aws-sdk/client-ec2';
import { parseArn } from '../aws-arn.ts';

/** Credentials of a role that are good until `expiration`. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/**
 * Takes on a role with the credentials of a client by STS `AssumeRole`. Rejects with an error named by the code of the answer and its HTTP status,
 * as the clients' own errors are.
 */
export async function takeRole(client: EC2Client, role: string, region: string, endpoint: string | undefined): Promise<RoleCredentials> {
  const suffix = parseArn(role)?.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(endpoint ?? `https://sts.${region}.${suffix}`);
  const body = new URLSearchParams({
    ...{ Action: 'AssumeRole', Version: '2011-06-15' },
    ...{ RoleArn: role, RoleSessionName: 'observebridge' },
  }).toString();
  // The library of STS is no dependency, and its one call needs only the signature that every client can make.
  const signer = await client.config.signer({ name: 'sigv4', signingName: 'sts', signingRegion: region, properties: {} });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1] ?? '';
  const credentials = {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
    expiration: new Date(field('Expiration')),
  };
  if (answer.ok && credentials.secretAccessKey !== '') return credentials;
  const refused = new Error('The role was not given.');
  refused.name = `AssumeRole ${field('Code')}`.trim();
  throw Object.assign(refused, { $metadata: { httpStatusCode: answer.status } });
}
