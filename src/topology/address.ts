/** An address in a text, without credentials. */
export interface Address {
  /** Lower-case, without port; brackets of IPv6 are gone. */
  readonly host: string;
  readonly port?: number;
  /** Scheme of a URL without `jdbc:` and without the driver behind a `+`; absent where the text is no URL. */
  readonly scheme?: string;
  /** First part of the path of the URL, or the database of a connection string. */
  readonly database?: string;
  /** Whether the text says nothing but the name, so that only its place tells that it is a host. */
  readonly isBare: boolean;
}

/** Schemes whose authority is no host. */
const hostless = new Set([
  'file',
  'unix',
  'data',
  's3',
  's3a',
  's3n',
  'gs',
  'gcs',
  'abfs',
  'abfss',
  'wasb',
  'classpath',
  'memory',
  'sqlite',
  'sqlite3',
  'secret',
  'vault',
  'ssm',
  'env',
  'arn',
  'oci',
  'docker',
  'vscode',
  'jar',
  'mem',
  'inproc',
  'urn',
  'spiffe',
  'projects',
]);

/** Schemes of gRPC targets, which have the address in the path. */
const resolvers = new Set(['dns', 'passthrough', 'kubernetes', 'xds', 'ipv4', 'consul']);

/** Schemes whose path holds no `@`, so that the last one ends the credentials, however badly they are escaped. */
const connection =
  /^(?:postgres|mysql|mariadb|mongodb|redis|valkey|amqp|mssql|sqlserver|oracle|clickhouse|cockroach|cassandra|couchbase|neo4j|bolt|nats|ftp|sftp|ldap|smtp|ssh)/;

const HOST = String.raw`(\[[0-9a-f:.%]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?)`;
const hostPort = new RegExp(String.raw`^${HOST}(?::(\d{1,5}))?(?![\w$%{(<*@-])`, 'i');
const token = new RegExp(String.raw`^${HOST}(?::(\d{1,5}))?(?:/[\w./-]*)?$`, 'i');

/**
 * The addresses in a value: URLs with one or more hosts, `host:port`, connection strings, or nothing but names. User names and passwords are never
 * part of what is returned. Texts with unresolved placeholders give no address at the place of the placeholder.
 */
export function listAddresses(text: string): Address[] {
  const found: Address[] = [];
  let rest = text.replace(/([a-z][a-z0-9+.-]*):\/\/([^\s"'`<>\\]*)/gi, (_, scheme: string, after: string) => {
    found.push(...urlAddresses(scheme.toLowerCase().replace(/\+.*$/, ''), after));
    return ' ';
  });
  rest = rest.replace(/\S*@(?:tcp|tcp6)\(([^()\s]+)\)(?:\/([\w-]+))?\S*/g, (_, authority: string, database?: string) => {
    found.push(...hostList(authority, { scheme: 'mysql', ...(database === undefined ? {} : { database }) }));
    return ' ';
  });
  const setting = /(?:^|[\s;"'])(?:host|server|addr|address|data source)\s*=\s*(?:tcp:)?([^\s;"',]+)(?:,(\d{1,5}))?/i.exec(rest);
  if (setting?.[1] !== undefined) {
    const port = setting[2] ?? /(?:^|[\s;"'])port\s*=\s*(\d{1,5})/i.exec(rest)?.[1];
    const database = /(?:^|[\s;"'])(?:dbname|database|initial catalog)\s*=\s*([\w-]+)/i.exec(rest)?.[1];
    found.push(...hostList(port === undefined ? setting[1] : `${setting[1]}:${port}`, database === undefined ? {} : { database }));
    // The other settings may be secret.
    return found;
  }
  const parts = rest
    .slice(rest.lastIndexOf('@') + 1)
    .split(/[\s,;|"'`=()<>]+/)
    .filter((part) => part !== '');
  const isNames = found.length === 0 && !rest.includes('@') && parts.length <= 20 && parts.every((part) => token.test(part));
  for (const part of parts) {
    const [, host, port] = token.exec(part) ?? [];
    if (host === undefined || (port === undefined && (!isNames || part.includes('/')))) continue;
    found.push(toAddress(host, port, {}, port === undefined));
  }
  return found;
}

function urlAddresses(scheme: string, after: string): Address[] {
  if (hostless.has(scheme)) return [];
  const text = resolvers.has(scheme) ? after.replace(/^[^/]*\//, '') : after;
  const [head = ''] = text.split(/[/?#]/, 1);
  const [beforeQuery = ''] = text.split('?', 1);
  let rest = text;
  if (connection.test(scheme)) rest = text.slice(beforeQuery.lastIndexOf('@') + 1);
  else if (head.includes('@')) rest = text.slice(head.lastIndexOf('@') + 1);
  const [authority = ''] = rest.split(/[/?#;]/, 1);
  const database = /^\/([\w-]+)(?![\w$%{(-])/.exec(rest.slice(authority.length))?.[1] ?? /;database(?:name)?=([\w-]+)/i.exec(rest)?.[1];
  return hostList(authority, { scheme, ...(database === undefined ? {} : { database }) });
}

function hostList(authority: string, more: { scheme?: string; database?: string }): Address[] {
  return authority.split(',').flatMap((part) => {
    const [, host, port] = hostPort.exec(part) ?? [];
    return host === undefined ? [] : [toAddress(host, port, more, false)];
  });
}

function toAddress(host: string, port: string | undefined, more: { scheme?: string; database?: string }, isBare: boolean): Address {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return { host: name, ...(port === undefined ? {} : { port: Number(port) }), ...more, isBare };
}
