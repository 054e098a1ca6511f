import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';

/** Something in security groups, by its id or ARN. */
export interface Member {
  readonly id: string;
  readonly groups: readonly string[];
}

/** A client that a rule lets reach a database on its port. */
export interface Allowed {
  readonly client: string;
  readonly database: string;
  readonly port: number;
  /** The group that has the rule, and the rule as a person reads it. */
  readonly group: string;
  readonly rule: string;
}

interface Rule {
  readonly from: string;
  readonly to: string;
  readonly group: string;
  readonly permission: IpPermission;
  readonly rule: string;
}

/**
 * Who is let reach which database by a rule that names the group of the other. Rules for addresses say nothing about who uses them, and a group
 * that names itself says it of all its members, so neither counts. In an order that does not depend on that of the rules.
 */
export function listAllowed(
  groups: readonly SecurityGroup[],
  clients: readonly Member[],
  databases: readonly (Member & { readonly port: number | undefined })[],
): Allowed[] {
  const byTarget = Map.groupBy(
    groups.flatMap(listRules).sort((a, b) => (a.rule < b.rule ? -1 : Number(a.rule > b.rule))),
    ({ to }) => to,
  );
  const memberships = clients.flatMap(({ id, groups: of }) => of.map((group) => ({ id, group })));
  const byGroup = Map.groupBy(memberships, ({ group }) => group);
  return databases.flatMap(({ id: database, groups: of, port = 0 }) =>
    of
      .flatMap((to) => byTarget.get(to) ?? [])
      .filter(({ permission }) => port > 0 && covers(permission, port))
      .flatMap(({ from, group, rule }) => (byGroup.get(from) ?? []).map(({ id: client }) => ({ client, database, port, group, rule }))),
  );
}

function listRules({ GroupId: group = '', IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup): Rule[] {
  const named = (permission: IpPermission): string[] =>
    (permission.UserIdGroupPairs ?? []).flatMap(({ GroupId }) => (GroupId === undefined || GroupId === group ? [] : GroupId));
  const rangeOf = ({ IpProtocol, FromPort, ToPort }: IpPermission): string => {
    if (IpProtocol === '-1') return 'all traffic';
    return `${IpProtocol} ${FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`}`;
  };
  return [
    ...IpPermissions.flatMap((permission) =>
      named(permission).map((from) => ({ from, to: group, group, permission, rule: `ingress ${rangeOf(permission)} from ${from}` })),
    ),
    ...IpPermissionsEgress.flatMap((permission) =>
      named(permission).map((to) => ({ from: group, to, group, permission, rule: `egress ${rangeOf(permission)} to ${to}` })),
    ),
  ];
}

function covers({ IpProtocol, FromPort = -1, ToPort = -1 }: IpPermission, port: number): boolean {
  return IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= port && port <= ToPort);
}
