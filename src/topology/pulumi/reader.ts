import { parseTime } from '../../core/time.ts';
import { toDeclared } from '../../core/urn.ts';
import { createDocumentReader, type DocumentContent, type DocumentForm, type DocumentHead } from '../document-reader.ts';
import type { DocumentResource } from '../document-resource.ts';
import { type JsonShape, readJson } from '../json-parts.ts';
import { linkResources } from '../link-resources.ts';
import type { TopologyReader } from '../reader.ts';
import { createDeploymentParts, deploymentShape } from './deployment-parts.ts';

/** Features of version 4, none of which changes what resources and edges mean. */
const FEATURES = new Set(['refreshBeforeUpdate', 'views', 'hooks', 'taint', 'replaceWith', 'snippets']);

const headDeployment: JsonShape = {
  enter: { manifest: { take: 'manifest' }, resources: { enter: { '[]': { enter: { urn: { take: 'urn' } } } } } },
};

const form: DocumentForm = {
  name: 'pulumi',
  judge: (path) => {
    if (!path.endsWith('.json') || /(^|\/)\.pulumi\/(history|backups|locks|meta)/.test(path)) return 'no';
    return /(^|\/)\.pulumi\/stacks\//.test(path) ? 'certain' : 'possible';
  },
  headShape: { enter: { deployment: headDeployment, checkpoint: { enter: { latest: headDeployment } } } },
  createHead,
  read: readPulumi,
};

/** Reads Pulumi: what `pulumi stack export` prints and the checkpoint files of its backends, of version 3 and 4. The scope is `<project>/<stack>`. */
export function createPulumiReader(): TopologyReader {
  return createDocumentReader(form);
}

function createHead(): DocumentHead {
  let time: number | undefined;
  let urn = '';
  return {
    visit: (name, value) => {
      if (name === 'manifest') time ??= timeOfManifest(value) ?? 0;
      else if (urn === '' && typeof value === 'string') urn = value;
    },
    isKnown: () => urn.startsWith('urn:pulumi:') || (time ?? 0) > 0,
    isDecided: () => time !== undefined && urn !== '',
    scope: () => {
      const { project, stack } = parsePulumiUrn(urn);
      return stack === '' ? null : `${project}/${stack}`;
    },
    age: () => time ?? 0,
  };
}

async function readPulumi(document: {
  readonly path: string;
  readonly scope: string;
  readonly pieces: AsyncIterable<Uint8Array>;
}): Promise<DocumentContent | undefined> {
  const { path, scope } = document;
  const parts = createDeploymentParts();
  let version: unknown;
  let features: unknown = [];
  let observedAt: number | null = null;
  let hasDeployment = false;
  let pending = 0;
  const damage = await readJson(document.pieces, deploymentShape, (name, value) => {
    parts.visit(name, value);
    if (name === 'version') version = value;
    else if (name === 'features') features = value;
    else if (name === 'manifest') observedAt = timeOfManifest(value);
    else if (name === 'pending') pending++;
    else if (name === 'deployment') hasDeployment = true;
  });
  if (damage !== undefined) return { damage };
  if (version !== 3 && version !== 4) {
    return { damage: `is a Pulumi deployment of version ${typeof version === 'number' ? version : 'unknown'}, but only 3 and 4 are known` };
  }
  const unknown = (Array.isArray(features) ? features : []).filter((feature) => typeof feature !== 'string' || !FEATURES.has(feature));
  if (unknown.length > 0) return { damage: `uses ${unknown.length} features of Pulumi that are not known` };
  if (!hasDeployment) return { damage: 'is a Pulumi stack without a deployment' };

  const missing = new Set<string>();
  const links = parts.links((urn) => missing.add(urn));
  const linked = linkResources({
    file: path,
    resources: parts.resources,
    links,
    toLocal: (resource) => toLocal(resource, scope),
  });
  const remarks = [...missing].sort().map((urn) => `The file ${path} names ${urn} as a dependency, but does not hold it.`);
  if (pending > 0) remarks.push(`The file ${path} has ${pending} operations that did not end; what they were to make is not in it.`);
  return { observedAt, lineage: null, serial: null, ...linked, remarks };
}

/** The identity of what only Pulumi knows: project, stack, and the types of its parents with its name. */
function toLocal({ address, kind, name }: DocumentResource, scope: string) {
  const { project, stack, rest } = parsePulumiUrn(address);
  return toDeclared('pulumi', project || scope, stack, rest || address, kind, name);
}

/** `urn:pulumi:<stack>::<project>::<types>::<name>`; empty parts for anything else. */
function parsePulumiUrn(urn: string): { stack: string; project: string; rest: string } {
  const [, stack = '', project = '', rest = ''] = /^urn:pulumi:(.*?)::(.*?)::(.*)$/s.exec(urn) ?? [];
  return { stack, project, rest };
}

function timeOfManifest(value: unknown): number | null {
  const time = typeof value === 'object' && value !== null && 'time' in value ? value.time : undefined;
  return typeof time === 'string' ? (parseTime(time) ?? null) : null;
}
