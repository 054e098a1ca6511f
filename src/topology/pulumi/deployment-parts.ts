import { type Micros, parseTime } from '../../core/time.ts';
import { type DocumentResource, toDocumentResource } from '../document-resource.ts';
import type { JsonShape } from '../json-parts.ts';
import type { Link } from '../link-resources.ts';
import { parsePulumiType, type ResourceType } from '../resource-type.ts';

/** Marks values that are no plain ones: secrets, assets, references to resources. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

const deployment: JsonShape = {
  enter: {
    manifest: { take: 'manifest' },
    resources: { enter: { '[]': { take: 'resource' } } },
    pending_operations: { enter: { '[]': { take: 'pending' } } },
  },
  end: 'deployment',
};

/** The parts of what `pulumi stack export` prints and of the checkpoint files of its backends. */
export const deploymentShape: JsonShape = {
  enter: {
    version: { take: 'version' },
    features: { take: 'features' },
    deployment,
    checkpoint: { enter: { latest: deployment } },
  },
};

/** What the resources of a deployment say; complete once all parts have been visited. */
export interface DeploymentParts {
  visit(name: string, value: unknown): void;
  readonly resources: readonly DocumentResource[];
  /** Edges between the resources there are; `report` receives each URN that the deployment does not hold. */
  links(report: (urn: string) => void): Generator<Link>;
}

interface Said {
  readonly resource: DocumentResource;
  readonly parent: string | null;
  readonly dependencies: readonly string[];
  readonly byProperty: readonly (readonly [property: string, urns: readonly string[]])[];
}

/**
 * Keeps of every resource of a deployment what identity and edges need. Providers are none, and what is being deleted or waits for its replacement is
 * none any more.
 */
export function createDeploymentParts(): DeploymentParts {
  const resources: DocumentResource[] = [];
  const said: Said[] = [];
  const byUrn = new Map<string, DocumentResource>();
  const passedOver = new Set<string>();
  const regions = new Map<string, string>();
  const texts = new Map<string, string>();
  const intern = (text: string): string => {
    const known = texts.get(text) ?? text;
    texts.set(text, known);
    return known;
  };
  const types = new Map<string, ResourceType>();

  const add = (value: unknown): void => {
    const entry = toRecord(value);
    const { urn, type: typeText } = entry;
    if (typeof urn !== 'string' || typeof typeText !== 'string') return;
    const attributes = plainAttributes(entry);
    if (typeText.startsWith('pulumi:providers:')) {
      if (typeof attributes.region === 'string') regions.set(`${urn}::${entry.id}`, attributes.region);
    }
    if (typeText.startsWith('pulumi:providers:') || entry.delete === true || entry.pendingReplacement === true) {
      passedOver.add(urn);
      return;
    }
    const type = types.get(typeText) ?? parsePulumiType(typeText);
    types.set(typeText, type);
    const provider = typeof entry.provider === 'string' ? entry.provider : '';
    const created = timeOf(entry.created);
    const resource = toDocumentResource(
      {
        ...{ address: urn, type, attributes, provider, created },
        label: urn.slice(urn.lastIndexOf('::') + 2),
        id: typeof entry.id === 'string' ? entry.id : null,
        region: regions.get(provider) ?? null,
        isLookup: entry.external === true,
        isComponent: entry.custom !== true,
        modified: timeOf(entry.modified) ?? created,
      },
      intern,
    );
    resources.push(resource);
    byUrn.set(urn, resource);
    said.push({
      resource,
      parent: typeof entry.parent === 'string' ? intern(entry.parent) : null,
      dependencies: toTexts(entry.dependencies).map(intern),
      byProperty: Object.entries(toRecord(entry.propertyDependencies)).flatMap(([property, urns]) => {
        const named = toTexts(urns).map(intern);
        return named.length > 0 ? [[intern(property), named] as const] : [];
      }),
    });
  };

  return {
    resources,
    visit: (name, value) => {
      if (name === 'resource') add(value);
    },
    links: function* (report) {
      const find = (urn: string): DocumentResource | undefined => {
        const found = byUrn.get(urn);
        if (!found && !passedOver.has(urn)) report(urn);
        return found;
      };
      for (const { resource, parent, dependencies, byProperty } of said) {
        const container = parent === null ? undefined : find(parent);
        if (container) yield { from: container, to: resource, relation: 'CONTAINS', rule: 'parent' };
        for (const [property, urns] of byProperty) {
          for (const to of urns.flatMap((urn) => find(urn) ?? [])) {
            yield { from: resource, to, relation: 'DEPENDS_ON', rule: `propertyDependencies ${property}` };
          }
        }
        for (const to of dependencies.flatMap((urn) => find(urn) ?? [])) {
          yield { from: resource, to, relation: 'DEPENDS_ON', rule: 'dependencies' };
        }
      }
    },
  };
}

/** Inputs and outputs without what is marked; what is secret as an input or named as a secret output is so on both sides. */
function plainAttributes(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const inputs = toRecord(entry.inputs);
  const secret = new Set(toTexts(entry.additionalSecretOutputs));
  for (const [key, value] of Object.entries(inputs)) if (isMarked(value)) secret.add(key);
  const attributes: Record<string, unknown> = { ...inputs, ...toRecord(entry.outputs) };
  stripMarks(attributes);
  for (const key of Object.keys(attributes)) if (secret.has(key) || key.startsWith('__')) attributes[key] = null;
  return attributes;
}

function isMarked(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, SIGNATURE);
}

/** Removes, in place, everything that is marked. */
function stripMarks(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const inner: unknown = Reflect.get(value, key);
    if (isMarked(inner)) Reflect.set(value, key, null);
    else stripMarks(inner);
  }
}

function timeOf(value: unknown): Micros | null {
  return typeof value === 'string' ? (parseTime(value) ?? null) : null;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
