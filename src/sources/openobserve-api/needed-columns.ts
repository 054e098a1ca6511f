import type { Signal } from '../../core/signal.ts';
import { type KeptLabels, toCanonical } from '../canonical.ts';

/** Those of the stored columns that the canonical columns of the signal are made from, sorted and without `_timestamp`. */
export function listNeededColumns(signal: Signal, stored: ReadonlySet<string>, keptLabels?: KeptLabels): string[] {
  const asked = new Set<string>();
  const columns = new AskedColumns([...stored].map((name) => [name, 'VARCHAR']));
  columns.asked = asked;
  toCanonical(signal, { columns, from: 'stored', stream: 'stream' }, keptLabels);
  return [...asked].filter((name) => stored.has(name) && name !== '_timestamp').sort();
}

/** Notes which names are asked for, so that the mapping itself says what it needs. */
class AskedColumns extends Map<string, string> {
  asked: Set<string> | undefined;

  override has(name: string): boolean {
    this.asked?.add(name);
    return super.has(name);
  }

  override get(name: string): string | undefined {
    this.asked?.add(name);
    return super.get(name);
  }
}
