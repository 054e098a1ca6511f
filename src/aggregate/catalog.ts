import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { ObserveBridgeError } from '../core/error.ts';
import { HOUR, MINUTE, type Micros, parseDuration } from '../core/time.ts';
import { type Contract, ContractSchema } from './contract.ts';

/** The directory of the aggregations that come with the program. */
export const BUILT_IN_AGGREGATIONS = fileURLToPath(new URL('../../aggregations/', import.meta.url));

/** An aggregation: what its folder says, checked. */
export interface Aggregation {
  /** Name of the folder and of the table it fills. */
  readonly name: string;
  readonly contract: Contract;
  readonly query: string;
  readonly width: Micros;
  readonly lookback: Micros;
  readonly lookahead: Micros;
}

/** Loads every aggregation folder below the directories, sorted by name. Rejects with `OB_AGGREGATION_INVALID`, naming folder and reason. */
export async function loadAggregations(directories: readonly string[]): Promise<Aggregation[]> {
  const loaded = new Map<string, Aggregation>();
  for (const directory of directories) {
    for (const name of await listFolders(directory)) {
      if (loaded.has(name)) throw invalid(join(directory, name), 'another directory has an aggregation of the same name');
      loaded.set(name, await loadAggregation(join(directory, name), name));
    }
  }
  return [...loaded.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function listFolders(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'contract.yaml')))
      .map((entry) => entry.name);
  } catch (error) {
    throw new ObserveBridgeError('OB_AGGREGATION_INVALID', 'config', `The directory of aggregations ${directory} cannot be read.`, error);
  }
}

/** Loads the aggregation of one folder. Rejects with `OB_AGGREGATION_INVALID`, naming folder and reason. */
export async function loadAggregation(folder: string, name: string): Promise<Aggregation> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw invalid(folder, 'its name is not a lower-case table name');
  const contract = await readContract(folder);
  const width = parseDuration(contract.width) ?? 0;
  if (width % MINUTE !== 0 || width === 0 || HOUR % width !== 0)
    throw invalid(folder, 'its width is not a number of whole minutes that divides an hour');
  checkReferences(folder, contract);
  return {
    name,
    contract,
    query: await readFile(join(folder, 'query.sql'), 'utf8').catch((error) =>
      Promise.reject(invalid(folder, 'its query.sql cannot be read', error)),
    ),
    width,
    lookback: parseDuration(contract.lookback ?? '0s') ?? 0,
    lookahead: parseDuration(contract.lookahead ?? '0s') ?? 0,
  };
}

async function readContract(folder: string): Promise<Contract> {
  let contract: unknown;
  try {
    contract = parse(await readFile(join(folder, 'contract.yaml'), 'utf8'));
  } catch (error) {
    throw invalid(folder, 'its contract.yaml is not readable YAML', error);
  }
  if (Value.Check(ContractSchema, contract)) return contract;
  const [first] = Value.Errors(ContractSchema, contract);
  throw invalid(folder, `its contract.yaml is wrong at ${first?.instancePath || 'the top'}: ${first?.message ?? 'unknown reason'}`);
}

function checkReferences(folder: string, contract: Contract): void {
  const partials = new Set(Object.keys(contract.partials));
  for (const [name, column] of Object.entries(contract.output)) {
    const sources = [column.column, column.rate, ...(column.ratio ?? []), column.quantile, column.evidence].filter(
      (source) => source !== undefined,
    );
    if (sources.length === 0) throw invalid(folder, `the output column ${name} has no source`);
    const unknown = sources.find((source) => !partials.has(source));
    if (unknown !== undefined) throw invalid(folder, `the output column ${name} uses the partial ${unknown}, which is not there`);
  }
  const minutes = Object.values(contract.partials).filter((column) => 'key' in column && column.key === 'minute');
  if (minutes.length !== 1) throw invalid(folder, 'it needs exactly one partial with key: minute');
}

function invalid(folder: string, reason: string, cause?: unknown): ObserveBridgeError {
  return new ObserveBridgeError('OB_AGGREGATION_INVALID', 'config', `The aggregation ${folder} cannot be used: ${reason}.`, cause);
}
