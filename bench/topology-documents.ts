/** Instances behind security groups, a thousand to a resource, laid out as Terraform writes them. */
export function* writeHugeState(size: number): Iterable<string> {
  yield `{"version":4,"terraform_version":"1.9.0","serial":7,"lineage":"6f1d2c3b-0000-4000-8000-000000000001","outputs":{},"resources":[`;
  const group = (index: number): string => `sg-${index.toString(16).padStart(17, '0')}`;
  const groups = Array.from({ length: 100 }, (_, index) =>
    JSON.stringify({
      index_key: index,
      attributes: { id: group(index), arn: `arn:aws:ec2:eu-west-1:123456789012:security-group/${group(index)}`, name: `group-${index}` },
    }),
  );
  const head = '"provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]","instances":[';
  yield `{"mode":"managed","type":"aws_security_group","name":"all",${head}${groups.join(',')}]}`;
  let written = 0;
  for (let resource = 0; written < size; resource++) {
    yield `,{"mode":"managed","type":"aws_instance","name":"web_${resource}",${head}`;
    for (let index = 0; index < 1000 && written < size; index++) {
      const text = `${index === 0 ? '' : ','}${JSON.stringify(instanceOf(resource * 1000 + index, index, group), null, 2).replaceAll('\n', '\n        ')}`;
      written += text.length;
      yield text;
    }
    yield ']}';
  }
  yield '],"check_results":null}';
}

function instanceOf(number: number, index: number, group: (index: number) => string) {
  const id = `i-${number.toString(16).padStart(17, '0')}`;
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  return {
    index_key: index,
    schema_version: 1,
    attributes: {
      ...{ id, arn: `arn:aws:ec2:eu-west-1:123456789012:instance/${id}`, ami: 'ami-0123456789abcdef0', instance_type: 't3.small' },
      ...{
        private_ip: address,
        private_dns: `ip-${address.replaceAll('.', '-')}.eu-west-1.compute.internal`,
        availability_zone: 'eu-west-1a',
      },
      root_block_device: [
        { device_name: '/dev/xvda', volume_id: `vol-${number.toString(16).padStart(17, '0')}`, volume_size: 8, encrypted: true },
      ],
      capacity_reservation_specification: [{ capacity_reservation_preference: 'open', capacity_reservation_target: [] }],
      cpu_options: [{ amd_sev_snp: '', core_count: 1, threads_per_core: 2 }],
      ...{
        associate_public_ip_address: false,
        cpu_core_count: 1,
        cpu_threads_per_core: 2,
        disable_api_stop: false,
        disable_api_termination: false,
      },
      ...{
        ebs_block_device: [],
        ebs_optimized: false,
        enclave_options: [{ enabled: false }],
        ephemeral_block_device: [],
        get_password_data: false,
      },
      ...{
        host_id: '',
        host_resource_group_arn: null,
        iam_instance_profile: '',
        instance_initiated_shutdown_behavior: 'stop',
        instance_state: 'running',
      },
      ...{
        ipv6_address_count: 0,
        ipv6_addresses: [],
        key_name: '',
        launch_template: [],
        maintenance_options: [{ auto_recovery: 'default' }],
      },
      ...{
        network_interface: [],
        outpost_arn: '',
        password_data: '',
        placement_group: '',
        secondary_private_ips: [],
        source_dest_check: true,
      },
      metadata_options: [{ http_endpoint: 'enabled', http_tokens: 'required' }],
      ...{ tags: { Name: `web-${number}`, team: 'shop' }, user_data: 'c29tZSB0ZXh0'.repeat(20), monitoring: false, hibernation: null },
      vpc_security_group_ids: [group(number % 100), group((number + 1) % 100)],
    },
    sensitive_attributes: [],
    private: 'eyJzY2hlbWFfdmVyc2lvbiI6IjEifQ==',
    dependencies: [`aws_security_group.all_${number % 7 === 0 ? 'gone' : 'other'}`],
  };
}

/** Instances in one security group, each the child of a component. */
export function* writeHugeStack(size: number): Iterable<string> {
  const urn = (type: string, name: string): string => `urn:pulumi:prod::shop::${type}::${name}`;
  yield `{"version":3,"deployment":{"manifest":{"time":"2024-05-14T12:57:14.374011+02:00"},"resources":[`;
  yield JSON.stringify({ urn: urn('pulumi:pulumi:Stack', 'shop-prod'), custom: false, type: 'pulumi:pulumi:Stack' });
  const group = { id: 'sg-0123456789abcdef0', arn: 'arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0123456789abcdef0' };
  const groupUrn = urn('aws:ec2/securityGroup:SecurityGroup', 'all');
  yield `,${JSON.stringify({ urn: groupUrn, custom: true, id: group.id, type: 'aws:ec2/securityGroup:SecurityGroup', outputs: group })}`;
  let written = 0;
  for (let number = 0; written < size; number++) {
    const { attributes } = instanceOf(number, 0, () => group.id);
    const text = `,${JSON.stringify({
      ...{ urn: urn('aws:ec2/instance:Instance', `web-${number}`), custom: true, id: attributes.id, type: 'aws:ec2/instance:Instance' },
      ...{ inputs: { ami: attributes.ami, instanceType: 't3.small', userData: attributes.user_data }, outputs: attributes },
      ...{
        parent: urn('pulumi:pulumi:Stack', 'shop-prod'),
        dependencies: [groupUrn],
        propertyDependencies: { ami: [], vpcSecurityGroupIds: [groupUrn] },
      },
      ...{ created: '2024-05-14T10:52:51.360807Z', modified: '2024-05-14T10:52:51.360807Z' },
    })}`;
    written += text.length;
    yield text;
  }
  yield ']}}';
}
