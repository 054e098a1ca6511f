import type { Alias } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';
import type { ResourceKind } from '../core/urn.ts';
import { parseArn } from './aws-arn.ts';
import { factsOfKey } from './key-facts.ts';
import { hostOf, listMentions, type Mention } from './mention.ts';
import { kindOfType, type ResourceType } from './resource-type.ts';

/** A resource as a document of declarations has it: everything that is marked as secret or sensitive is already gone from `attributes`. */
export interface RawResource {
  /** Unique in its document. */
  readonly address: string;
  readonly type: ResourceType;
  /** What its declaration is called. */
  readonly label: string;
  readonly id: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Resources of one provider configuration are in one region. */
  readonly provider: string;
  /** Looked up by the document, not made by it: it takes part only where something refers to it. */
  readonly isLookup: boolean;
  /** Groups others, and is nothing by itself. */
  readonly isComponent: boolean;
  /** Its region where it tells none itself. */
  readonly region?: string | null;
  /** When the document says that it was made, and that it was changed last. */
  readonly created?: Micros | null;
  readonly modified?: Micros | null;
}

/** What identity and edges need of a resource; the rest of its attributes is let go. */
export interface DocumentResource {
  readonly address: string;
  readonly type: ResourceType;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly id: string | null;
  readonly arn: string | null;
  readonly selfLink: string | null;
  readonly region: string | null;
  readonly namespace: string | null;
  readonly provider: string;
  readonly isLookup: boolean;
  readonly isComponent: boolean;
  readonly aliases: readonly Alias[];
  /** Names under which others may refer to it, besides its id. */
  readonly names: readonly string[];
  readonly mentions: readonly Mention[];
  readonly port: number | null;
  readonly protocol: string | null;
  readonly created: Micros | null;
  readonly modified: Micros | null;
}

/** Kinds that answer under an address of their own. */
const ADDRESSED_KINDS: ReadonlySet<ResourceKind> = new Set([
  'host',
  'database',
  'load_balancer',
  'function',
  'service',
  'storage',
  'topic',
]);
const NAME_KEYS = ['name', 'identifier', 'cluster_identifier', 'replication_group_id', 'function_name', 'bucket', 'db_instance_identifier'];
const READ_KEYS = new Set([
  ...NAME_KEYS,
  ...['metadata', 'tags', 'arn', 'self_link', 'protocol', 'port', 'load_balancer', 'load_balancers'],
  ...['region', 'location', 'availability_zone', 'zone', 'hostname', 'computer_name'],
]);
const MAX_NAME = 256;

/** Reduces a resource to what identity and edges need. */
export function toDocumentResource(raw: RawResource, intern: (text: string) => string): DocumentResource {
  const { type, attributes, isLookup, isComponent } = raw;
  const kind = isComponent ? 'component' : kindOfType(type);
  const top = new Map<string, unknown>();
  for (const key of Object.keys(attributes)) {
    const { words } = factsOfKey(key);
    if (READ_KEYS.has(words)) top.set(words, attributes[key]);
  }
  const text = (key: string): string | null => plainText(top.get(key));
  const metadata = firstOf(top.get('metadata'));
  const names = NAME_KEYS.flatMap((key) => text(key) ?? []);
  const metadataName = plainText(metadata?.name);
  const tagName = plainText(firstOf(top.get('tags'))?.Name);
  const hasAddress = ADDRESSED_KINDS.has(kind);
  const arn = text('arn') ?? (raw.id !== null && !isPart(type.noun) && parseArn(raw.id) ? raw.id : null);
  const mentions = isLookup || isComponent ? [] : listMentions(attributes, intern);
  return {
    ...{ address: raw.address, type, kind, provider: intern(raw.provider), isLookup, isComponent, arn, names },
    name: metadataName ?? names[0] ?? tagName ?? raw.label,
    id: raw.id !== null && isPlain(raw.id) && !factsOfKey(type.noun).isSecret ? raw.id : null,
    selfLink: text('self_link'),
    region: regionOf(text) ?? raw.region ?? null,
    namespace: plainText(metadata?.namespace),
    aliases: [
      ...(arn === null ? [] : [{ kind: 'arn', alias: arn.toLowerCase() } as const]),
      ...(hasAddress ? addressAliases(attributes, kind) : []),
      ...(kind === 'host' ? hostAliases(text, type) : []),
    ],
    mentions: hasAddress ? mentions.filter(({ attribute }) => !factsOfKey(attribute).isAddress || attribute.includes('.')) : mentions,
    port: portOf(top),
    protocol: text('protocol')?.toLowerCase() ?? null,
    created: raw.created ?? null,
    modified: raw.modified ?? null,
  };
}

/** Parts of a thing, whose ids are made of the id of the thing. */
function isPart(noun: string): boolean {
  return /(attachment|association|policy|permission|certificate|binding|member|rule|version|alias)$/.test(noun);
}

/** Addresses under which it answers, as telemetry names them. */
function addressAliases(attributes: Readonly<Record<string, unknown>>, kind: ResourceKind): Alias[] {
  const aliases: Alias[] = [];
  const add = (key: string, value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) add(key, element);
    if (typeof value !== 'string' || !factsOfKey(key).isAddress) return;
    for (const address of value.split(',')) {
      const host = isPlain(address) && !address.includes('@') && !address.startsWith('arn:') ? hostOf(address) : undefined;
      if (host === undefined) continue;
      const isIp = /^[\d.]+$/.test(host) || host.includes(':');
      aliases.push({ kind: isIp ? 'ip' : 'dns', alias: host });
      if (!isIp && kind === 'host') aliases.push({ kind: 'host', alias: host });
    }
  };
  const walk = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) for (const element of value) walk(element, depth);
    else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        const inner: unknown = Reflect.get(value, name);
        const { words, isIndex, hasAddresses } = factsOfKey(name);
        if (isIndex || hasAddresses) {
          if (depth < 5) walk(inner, depth + 1);
          if (typeof inner === 'string') add('ip_address', inner);
        } else add(words, inner);
      }
    }
  };
  walk(attributes, 0);
  return aliases;
}

/** What a machine calls itself; Google names it like its resource. */
function hostAliases(text: (key: string) => string | null, type: ResourceType): Alias[] {
  const names = [text('hostname'), text('computer_name'), type.text === 'google_compute_instance' ? text('name') : null];
  return names.flatMap((name) =>
    name !== null && /^[a-z0-9][a-z0-9-]*$/i.test(name) ? [{ kind: 'host', alias: name.toLowerCase() } as const] : [],
  );
}

function regionOf(text: (key: string) => string | null): string | null {
  const region = text('region') ?? text('location');
  if (region !== null && /^[A-Za-z0-9 -]{2,40}$/.test(region)) return region.toLowerCase().replace(/\s/g, '');
  const arnRegion = /^arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]+):/.exec(text('arn') ?? '')?.[1];
  const zone = text('availability_zone') ?? text('zone');
  return arnRegion ?? (zone !== null && /^[a-z]+-[a-z0-9-]+$/.test(zone) ? zone.replace(/(?<=\d)[a-z]$|-[a-z]$/, '') : null);
}

function portOf(top: ReadonlyMap<string, unknown>): number | null {
  const balancer = firstOf(top.get('load_balancer') ?? top.get('load_balancers'));
  const port = Number(top.get('port') ?? balancer?.container_port ?? balancer?.containerPort);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

/** The value itself when it is an object, or the first one in a list. */
function firstOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null ? { ...first } : undefined;
}

function plainText(value: unknown): string | null {
  return typeof value === 'string' && isPlain(value) ? value : null;
}

/** Whether a text can be a name: short, in one line, and without credentials. */
function isPlain(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_NAME * 4 && !/[\n\r\t]/.test(text) && !/:\/\/[^/\s]*@/.test(text);
}
