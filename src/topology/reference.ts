import { isLoopback, type Resource, toDatabase, toExternal } from '../core/urn.ts';
import { type Address, listAddresses } from './address.ts';

/** What a setting of a workload refers to. */
export interface Reference {
  readonly target: Resource;
  readonly port?: number;
  readonly protocol?: string;
  /** Whether no document declares the target, so that only its name is known. */
  readonly isAbsent: boolean;
}

/** The names that a workload can resolve. */
export interface Names {
  /** The resource that a document declares under the name. */
  find(host: string): Resource | undefined;
  /** The resource that the name means by the rules of the platform, declared or not; undefined for names from outside. */
  infer(host: string): Resource | undefined;
}

/** Systems by scheme, as OpenTelemetry names them in `db.system`. */
const databases: Readonly<Record<string, string>> = {
  ...{ postgres: 'postgresql', postgresql: 'postgresql', mysql: 'mysql', mysql2: 'mysql', mariadb: 'mariadb', mongodb: 'mongodb' },
  ...{ redis: 'redis', rediss: 'redis', valkey: 'redis', sqlserver: 'mssql', mssql: 'mssql', oracle: 'oracle', clickhouse: 'clickhouse' },
  ...{ cassandra: 'cassandra', cockroachdb: 'cockroachdb', neo4j: 'neo4j', bolt: 'neo4j', couchbase: 'couchbase', memcached: 'memcached' },
};

/** Systems whose path in a URL is no name of a database. */
const nameless = new Set(['redis', 'memcached', 'neo4j']);

const addressWords = new Set(
  (
    'HOST HOSTS HOSTNAME ADDR ADDRS ADDRESS ADDRESSES URL URLS URI URIS ENDPOINT ENDPOINTS SERVER SERVERS SERVICE BROKER BROKERS NODE NODES ' +
    'SEED SEEDS UPSTREAM UPSTREAMS BACKEND BACKENDS TARGET TARGETS PROXY DSN CONNECTION SVC PEER PEERS BOOTSTRAP MASTER PRIMARY REPLICA SENTINEL ' +
    'SENTINELS ZOOKEEPER QUORUM API GATEWAY CLUSTER CONNECT'
  ).split(' '),
);
/** Last words that make a name of something else than an address. */
const otherWords = new Set(
  'NAME USER USERNAME PORT ID TYPE MODE ENABLED VERSION PATH FILE DIR KIND LEVEL PREFIX SUFFIX TIMEOUT COUNT SIZE'.split(' '),
);
const secretWords =
  /^(?:PASS|PASSWORD|PASSWD|PWD|PW|PASSPHRASE|SECRET|SECRETS|TOKEN|TOKENS|CREDENTIAL|CREDENTIALS|KEY|KEYS|APIKEY|PRIVATE|SALT|HASH|SIGNATURE|COOKIE)$/;
/** Lists of who may come, or of what is left alone; the address under which something is seen itself; and images, which look like `host:port`. */
const listWords =
  /^(?:NO|ALLOW|ALLOWED|ALLOWLIST|WHITELIST|TRUSTED|DENY|DENIED|BLOCKED|EXCLUDE|EXCLUDED|IGNORE|IGNORED|CORS|ORIGIN|ORIGINS|LISTEN|BIND|ADVERTISED|IMAGE|IMAGES|TAG)$/;

/**
 * What the value of a setting refers to. A name alone counts only where the name of the setting says that it is an address; values of settings that
 * are secret by their name, allow lists and addresses of the machine itself are no references.
 */
export function listReferences(setting: string, value: string, names: Names): Reference[] {
  const words = setting
    .split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/)
    .filter(Boolean)
    .map((word) => word.toUpperCase());
  const last = words.at(-1) ?? '';
  const isAddress = words.slice(-3).some((word) => addressWords.has(word)) && !otherWords.has(last);
  if (words.some((word) => listWords.test(word))) return [];
  if (words.some((word) => secretWords.test(word)) && !(addressWords.has(last) && last !== 'API')) return [];
  return listAddresses(value).flatMap((address) => toReference(address, isAddress, names) ?? []);
}

/** The settings of a command line: `--cart-addr=cart:7070` and `--cart-addr cart:7070` name what they set, other words set nothing by name. */
export function listFlags(words: readonly string[]): { setting: string; value: string }[] {
  const parts = words.flatMap((word) => word.split(/\s+/)).filter((part) => part !== '');
  return parts.map((part, index) => {
    const [, flag, value] = /^-{0,2}([A-Za-z][\w.-]*)=(.+)$/.exec(part) ?? [];
    const before = /^--?([A-Za-z][\w.-]*)$/.exec(parts[index - 1] ?? '')?.[1];
    return { setting: flag ?? before ?? '', value: value ?? part };
  });
}

function toReference(address: Address, isAddress: boolean, names: Names): Reference | undefined {
  const { host, port, scheme, database, isBare } = address;
  // Docker's names for the machine itself say no more than a loopback address.
  if (isLoopback(host) || host.endsWith('.docker.internal') || /^[\d.]+$/.test(host) !== /^\d+(?:\.\d+){3}$/.test(host)) return undefined;
  const more = { ...(port === undefined ? {} : { port }), ...(scheme === undefined ? {} : { protocol: scheme }) };
  const isLabel = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(host);
  const known = names.find(host);
  if (known && (!isBare || isAddress || host.includes('.'))) return { target: known, ...more, isAbsent: false };
  const system = scheme === undefined ? undefined : databases[scheme];
  if (known || (!isAddress && scheme === undefined)) return undefined;
  if (system !== undefined) {
    const target = toDatabase(system, host, nameless.has(system) ? null : (database ?? null));
    return { target, ...more, isAbsent: false };
  }
  const inferred = isBare && !host.includes('.') ? undefined : names.infer(host);
  if (inferred) return { target: inferred, ...more, isAbsent: true };
  const isOutside = /^\d+(?:\.\d+){3}$/.test(host) || host.includes(':') || (!isLabel && /\.[a-z]{2,}$/.test(host));
  return isOutside ? { target: toExternal(host), ...more, isAbsent: false } : undefined;
}
