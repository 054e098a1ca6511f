import { parseTime } from '../../core/time.ts';
import { toDeclared } from '../../core/urn.ts';
import { createDocumentReader, type DocumentContent, type DocumentForm, type DocumentHead } from '../document-reader.ts';
import { type JsonShape, readJson } from '../json-parts.ts';
import { linkResources } from '../link-resources.ts';
import type { TopologyReader } from '../reader.ts';
import { type Depending, expandDependencies } from './expand-dependencies.ts';
import { listPlanReferences } from './plan-references.ts';
import { createStateParts, shownShape, stateShape } from './state-parts.ts';

const SCALARS = ['version', 'serial', 'lineage', 'terraform_version', 'format_version', 'timestamp', 'encryption_version'];
const scalars: Readonly<Record<string, JsonShape>> = Object.fromEntries(SCALARS.map((key) => [key, { take: 'scalar' }]));

const shape: JsonShape = {
  enter: {
    ...scalars,
    ...stateShape,
    values: shownShape,
    prior_state: { enter: { values: shownShape } },
    planned_values: { enter: {}, end: 'plan' },
    resource_changes: {
      enter: { '[]': { enter: { address: { take: 'change' }, change: { enter: { actions: { take: 'actions' } } } } } },
      end: 'plan',
    },
    configuration: { enter: { root_module: { take: 'configuration' } } },
  },
};

const form: DocumentForm = {
  name: 'terraform',
  judge: (path) => (/\.tfstate(\.json)?$/.test(path) ? 'certain' : /\.json$/.test(path) ? 'possible' : 'no'),
  headShape: { enter: scalars },
  createHead,
  read: readTerraform,
};

/**
 * Reads Terraform and OpenTofu: state files of version 4 and 3, and what `terraform show -json` prints of a state or a plan. The scope of a state is its
 * lineage. A plan is no present: it is read for the state before it, and its configuration adds references between resources that it leaves as they are.
 */
export function createTerraformReader(): TopologyReader {
  return createDocumentReader(form);
}

function createHead(): DocumentHead {
  const seen = new Map<string, unknown>();
  const lineage = (): string | null => {
    const value = seen.get('lineage');
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const isKnown = (): boolean => seen.has('terraform_version') || lineage() !== null;
  return {
    visit: (_, value, key) => seen.set(key, value),
    isKnown,
    isDecided: () => (lineage() !== null && seen.has('serial')) || (seen.has('format_version') && seen.has('terraform_version')),
    scope: lineage,
    age: () => Number(seen.get('serial') ?? 0),
  };
}

async function readTerraform(document: {
  readonly path: string;
  readonly scope: string;
  readonly pieces: AsyncIterable<Uint8Array>;
}): Promise<DocumentContent | undefined> {
  const { path, scope } = document;
  const parts = createStateParts();
  const seen = new Map<string, unknown>();
  const changing = new Set<string>();
  let changed = '';
  const damage = await readJson(document.pieces, shape, (name, value, key) => {
    parts.visit(name, value, key);
    if (name === 'scalar') seen.set(key, value);
    else if (name === 'change') changed = String(value);
    else if (name === 'actions') {
      if (!isUnchanging(value)) changing.add(changed);
    } else if (name === 'configuration') seen.set(name, value);
    else if (value === undefined) seen.set(name, true);
  });
  if (damage !== undefined) return { damage };
  const refusal = refuse(seen, path);
  if (refusal !== undefined) return refusal === '' ? undefined : { damage: refusal };

  const remarks = new Set<string>();
  const byConfig = seen.has('configuration') ? listPlanned(parts.resources, seen.get('configuration'), changing) : [];
  const links = expandDependencies(parts.resources, [...parts.depending, ...byConfig], (dependency, reason) =>
    remarks.add(
      reason === 'absent'
        ? `The file ${path} names ${dependency} as a dependency, but does not hold it.`
        : `In the file ${path} so many instances depend on ${dependency} that only those of equal keys are paired.`,
    ),
  );
  const { resources, edges } = linkResources({
    ...{ file: path, resources: parts.resources, links },
    toLocal: ({ type, address, kind, name }) => toDeclared('terraform', type.text, scope, address, kind, name),
  });
  const serial = seen.get('serial');
  const timestamp = seen.get('timestamp');
  return {
    observedAt: typeof timestamp === 'string' ? (parseTime(timestamp) ?? null) : null,
    lineage: typeof seen.get('lineage') === 'string' ? String(seen.get('lineage')) : null,
    serial: typeof serial === 'number' && Number.isSafeInteger(serial) ? BigInt(serial) : null,
    ...{ resources, edges },
    remarks: [...remarks].sort(),
  };
}

/** Why a document is not read: the end of a sentence, empty when it is none of Terraform's; undefined when it is read. */
function refuse(seen: ReadonlyMap<string, unknown>, path: string): string | undefined {
  if (seen.has('encryption_version')) return 'is an encrypted state, which cannot be read';
  const format = seen.get('format_version');
  if (format !== undefined) {
    if (typeof format !== 'string' || !/^[01](\.\d+)*$/.test(format)) return 'has a format version that is not known; known are 0 and 1';
    return seen.has('terraform_version') || seen.has('values') || seen.has('plan') ? undefined : '';
  }
  const version = seen.get('version');
  const isNamed = /\.tfstate(\.json)?$/.test(path);
  if (version === undefined) return isNamed ? 'is no Terraform state, because it has no version' : '';
  if (version !== 4 && version !== 3) {
    return `is a Terraform state of version ${typeof version === 'number' ? version : 'unknown'}, but only 4 and 3 are known`;
  }
  const list = version === 4 ? 'resources' : 'modules';
  return seen.has(list) ? undefined : `is a Terraform state of version ${version} without its list of ${list}`;
}

/** What the configuration of a plan says about instances that exist and that the plan leaves as they are. */
function* listPlanned(
  resources: ReturnType<typeof createStateParts>['resources'],
  configuration: unknown,
  changing: ReadonlySet<string>,
): Generator<Depending> {
  const references = Map.groupBy(listPlanReferences(configuration), ({ from }) => from);
  const held = new Set(resources.map(({ address }) => withoutIndexes(address)));
  for (const resource of resources) {
    if (changing.has(resource.address)) continue;
    for (const { attribute, to } of references.get(withoutIndexes(resource.address)) ?? []) {
      if (held.has(to)) yield { resource, dependencies: [to], rule: attribute === 'depends_on' ? attribute : `expression ${attribute}` };
    }
  }
}

function withoutIndexes(address: string): string {
  return address.replace(/\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]/g, '');
}

function isUnchanging(actions: unknown): boolean {
  return Array.isArray(actions) && actions.every((action) => action === 'no-op' || action === 'read');
}
