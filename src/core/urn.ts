/** What a resource is. */
export type ResourceKind =
  | 'service'
  | 'host'
  | 'database'
  | 'topic'
  | 'external'
  | 'load_balancer'
  | 'network'
  | 'function'
  | 'storage'
  | 'component'
  | 'other';

/** A resource's identity in telemetry and topology alike. */
export interface Resource {
  readonly urn: string;
  readonly kind: ResourceKind;
  readonly name: string;
}

/** Stands for a part that the telemetry does not tell. */
const UNKNOWN = 'unknown';

/** Keeps the separators of URNs unambiguous: white space, controls and the characters `% / ? #` are percent-encoded. */
function encode(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not stay
  return part.trim().replace(/[\s\u0000-\u001f%/?#]/g, (character) => encodeURIComponent(character));
}

/** Host names are case-insensitive and may carry a port or a trailing dot; an IPv6 address loses its brackets. */
export function normalizeHost(host: string): string {
  const text = host.trim().toLowerCase();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed?.[1]) return bracketed[1];
  const withoutPort = /^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
  return withoutPort.replace(/\.+$/, '');
}

/** Whether an address means the caller's own machine. */
export function isLoopback(host: string): boolean {
  const name = normalizeHost(host);
  return /^(?:(?:.+\.)?localhost|localhost\.localdomain|(?:::ffff:)?127(?:\.\d+){1,3}|::1?|0\.0\.0\.0)$/.test(name);
}

/** `urn:k8s:svc:<namespace>/<name>`, or `urn:svc:<name>` where no cluster is known. */
export function toService(name: string, namespace?: string | null): Resource {
  const urn = namespace ? `urn:k8s:svc:${encode(namespace)}/${encode(name)}` : `urn:svc:${encode(name)}`;
  return { urn, kind: 'service', name: name.trim() };
}

/** `urn:host:<host>`; a port is not part of a host. */
export function toHost(host: string): Resource {
  const name = normalizeHost(host);
  return { urn: `urn:host:${encode(name)}`, kind: 'host', name };
}

/** A system is followed by a colon, so it keeps none. */
function encodeSystem(system: string): string {
  return encode(system.toLowerCase()).replaceAll(':', '%3A');
}

/** `urn:db:<system>:<cluster>/<db>`; parts that are not known read `unknown`. */
export function toDatabase(system: string, cluster?: string | null, database?: string | null): Resource {
  const address = cluster ? normalizeHost(cluster) : UNKNOWN;
  const name = database?.trim() || UNKNOWN;
  return {
    urn: `urn:db:${encodeSystem(system)}:${encode(address)}/${encode(name)}`,
    kind: 'database',
    name: name === UNKNOWN ? address : name,
  };
}

/** `urn:mq:<system>:<cluster>/<topic>`; a cluster that is not known reads `unknown`. */
export function toTopic(system: string, topic: string, cluster?: string | null): Resource {
  return {
    urn: `urn:mq:${encodeSystem(system)}:${encode(cluster ? normalizeHost(cluster) : UNKNOWN)}/${encode(topic)}`,
    kind: 'topic',
    name: topic.trim(),
  };
}

/** `urn:ext:<host>`: something outside that is known by its address only. */
export function toExternal(host: string): Resource {
  const name = normalizeHost(host);
  return { urn: `urn:ext:${encode(name)}`, kind: 'external', name };
}

/** `urn:<provider>:<service>:<region>:<id>` for what a cloud or a document declares; parts that are not known read `unknown`. */
export function toDeclared(
  provider: string,
  service: string,
  region: string | null | undefined,
  id: string,
  kind: ResourceKind,
  name = id,
): Resource {
  const parts = [provider, service, region || UNKNOWN].map((part) => encode(part.toLowerCase()).replaceAll(':', '%3A'));
  return { urn: `urn:${parts.join(':')}:${id.trim().replace(/[\s%?#]/g, (character) => encodeURIComponent(character))}`, kind, name };
}

/** Alphabet of the suffixes that Kubernetes generates: no vowels, no look-alikes. */
const SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]';
const TWO_SUFFIX_POD = new RegExp(`^(.+)-(?:${SUFFIX}{6,10}|\\d{8})-${SUFFIX}{5}$`);
const SINGLE_SUFFIX_POD = new RegExp(`^(.+)-(?:${SUFFIX}{5}|\\d{1,4})$`);

/** The workload that owns a pod, by the pod's name: without the hashes of ReplicaSet and pod, the start of a CronJob's run, or the ordinal of a StatefulSet. */
export function ownerOfPod(pod: string): string {
  return TWO_SUFFIX_POD.exec(pod)?.[1] ?? SINGLE_SUFFIX_POD.exec(pod)?.[1] ?? pod;
}
