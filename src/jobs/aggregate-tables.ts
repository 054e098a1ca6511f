import type { Aggregation } from '../aggregate/catalog.ts';
import type { AggregateTable } from '../store/aggregate-table.ts';

/** The table that an aggregation fills, with its columns in the order of the contract. */
export function toAggregateTable({ name, contract }: Aggregation): AggregateTable {
  const columns = Object.entries(contract.output).map(([column, { type, key }]) => ({ name: column, type, key: key === true }));
  return { name, grain: contract.grain, columns };
}
