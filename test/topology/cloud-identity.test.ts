import { describe, expect, it } from 'vitest';
import { arnIdentity, awsIdIdentity, parseArn } from '../../src/topology/aws-arn.ts';
import { alibabaIdIdentity, parseCloudIdentity, toCloudResource } from '../../src/topology/cloud-identity.ts';

function urnOf(text: string, region: string | null = null): string | undefined {
  const identity = parseCloudIdentity(text, region) ?? awsIdIdentity(text, region) ?? alibabaIdIdentity(text, region);
  return identity && toCloudResource(identity, 'other').urn;
}

describe('identities of clouds', () => {
  it.each([
    ['arn:aws:rds:eu-west-1:123456789012:db:orders', 'urn:aws:rds:eu-west-1:db:orders'],
    ['arn:aws:s3:::my-bucket', 'urn:aws:s3:global:my-bucket'],
    ['arn:aws-cn:ec2:cn-north-1:123456789012:vpc/vpc-0a1b2c3d', 'urn:aws:ec2:cn-north-1:vpc/vpc-0a1b2c3d'],
    ['arn:aws:lambda:eu-west-1:123456789012:function:resize:7', 'urn:aws:lambda:eu-west-1:function:resize'],
    ['arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop:*', 'urn:aws:logs:eu-west-1:log-group:/ecs/shop'],
    [
      'https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b/instances/web',
      'urn:google:compute:europe-west1:projects/p/zones/europe-west1-b/instances/web',
    ],
    ['https://sqladmin.googleapis.com/sql/v1beta4/projects/p/instances/db', 'urn:google:sqladmin:global:projects/p/instances/db'],
    ['//compute.googleapis.com/projects/p/global/networks/main', 'urn:google:compute:global:projects/p/global/networks/main'],
    [
      '/subscriptions/0000/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM1',
      'urn:azure:microsoft.compute:unknown:/subscriptions/0000/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm1',
    ],
    ['acs:ecs:cn-hangzhou:1234:instance/i-bp1abcdefgh', 'urn:alibaba:ecs:cn-hangzhou:instance/i-bp1abcdefgh'],
  ])('%s is %s', (text, urn) => expect(urnOf(text)).toBe(urn));

  it.each([
    ['arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a1b2c3d4e5f60718', 'subnet-0a1b2c3d4e5f60718', 'eu-west-1'],
    ['arn:aws:ec2:eu-west-1:123456789012:instance/i-0a1b2c3d', 'i-0a1b2c3d', 'eu-west-1'],
    ['acs:vpc:cn-hangzhou:1234:vswitch/vsw-bp1abcdefgh', 'vsw-bp1abcdefgh', 'cn-hangzhou'],
  ])('%s and %s are one resource', (arn, id, region) => {
    expect(urnOf(arn)).toBeDefined();
    expect(urnOf(id, region)).toBe(urnOf(arn));
  });

  it.each(['', 'main', 'arn:aws:s3', 'vpc-main', 'i-', 'projects/p', 'https://example.com/projects/p', '/subscriptions'])(
    '%j is none',
    (text) => expect(urnOf(text)).toBeUndefined(),
  );

  it('takes an ARN apart', () => {
    expect(parseArn('arn:aws:iam::123456789012:role/path/reader')).toEqual({
      ...{ partition: 'aws', service: 'iam', region: '', account: '123456789012', resource: 'role/path/reader' },
    });
    expect(arnIdentity('arn:aws:iam::123456789012:role/path/reader')?.region).toBe('global');
  });
});
