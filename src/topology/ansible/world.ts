import type { Addresses } from './addresses.ts';
import type { Evaluation } from './evaluation.ts';
import type { Group, Inventory } from './inventory.ts';
import type { Marks } from './marks.ts';
import type { Problems } from './problems.ts';
import type { Table } from './run-value.ts';
import type { Variables } from './value.ts';

/** One inventory as the plays of one playbook see it. */
export interface World {
  readonly inventory: Inventory;
  readonly marks: Marks;
  readonly addresses: Addresses;
  readonly problems: Problems;
  groupsOf(host: string): readonly Group[] | undefined;
  /** Variables of a host from the inventory and the files beside it and beside the playbook. */
  variablesOf(host: string): Variables;
  /** A reference to a host by its name. */
  markHost(host: string, via: string): string;
  /** What evaluates the text of a file. */
  evaluationOf(file: string): Evaluation;
  /** `hostvars`, each made once. */
  readonly hostTables: Map<string, Table>;
}
