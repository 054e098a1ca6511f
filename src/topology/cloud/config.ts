import { type Static, Type } from 'typebox';
import { textField } from '../../core/config-field.ts';

const closed = { additionalProperties: false } as const;

const secretKey = { minLength: 1, 'x-secret': true } as const;

const endpoint = (description: string) =>
  Type.Optional(textField({ description, pattern: '^https?://[^/?#@]+/?$', 'x-expects': 'an http:// or https:// address without a path' }));

/** What the user writes to have an account of Amazon Web Services read. */
export const AwsTopologyConfigSchema = Type.Object(
  {
    type: Type.Literal('aws', { description: 'Reads networks, instances, load balancers, databases and functions of an AWS account.' }),
    regions: Type.Array(textField({ description: 'Name of a region.', pattern: '^[a-z]{2,}(-[a-z0-9]+)+$', 'x-expects': 'a region' }), {
      description: 'Regions to read, such as `eu-west-1`; each is a scope of its own.',
      minItems: 1,
      uniqueItems: true,
    }),
    profile: Type.Optional(textField({ description: "Profile of this machine's AWS configuration.", minLength: 1 })),
    role_arn: Type.Optional(
      textField({
        description: 'Role to take on before reading, with the credentials there are otherwise.',
        pattern: '^arn:[a-z-]+:iam::\\d{12}:role/.+$',
        'x-expects': 'the ARN of a role',
      }),
    ),
    access_key: Type.Optional(
      textField({
        description:
          'Access key; together with `secret_key`. Without both, environment, profile or role of this machine give them, as for the AWS tools.',
        minLength: 1,
      }),
    ),
    secret_key: Type.Optional(textField({ description: 'Secret of the access key.', ...secretKey })),
    endpoint: endpoint("Address that answers for all services, such as an emulator's; Amazon's own if absent."),
  },
  closed,
);
export type AwsTopologyConfig = Static<typeof AwsTopologyConfigSchema>;

/** What the user writes to have an account of Alibaba Cloud read. */
export const AlibabaTopologyConfigSchema = Type.Object(
  {
    type: Type.Literal('alibaba', {
      description: 'Reads what the resource centre of Alibaba Cloud knows of an account; the resource centre has to be switched on.',
    }),
    region: textField({ description: 'Region to read, such as `cn-hangzhou`.', pattern: '^[a-z]+(-[a-z0-9]+)+$', 'x-expects': 'a region' }),
    access_key: textField({ description: 'Id of an access key.', minLength: 1 }),
    secret_key: textField({ description: 'Secret of the access key.', ...secretKey }),
    endpoint: endpoint('Address of the resource centre; `https://resourcecenter.aliyuncs.com` if absent.'),
  },
  closed,
);
export type AlibabaTopologyConfig = Static<typeof AlibabaTopologyConfigSchema>;

/** What reading a cloud needs from outside. */
export interface CloudDeps {
  readonly now: () => number;
}
