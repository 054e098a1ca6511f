import { isLoopback } from '../../core/urn.ts';
import { type Marks, type Reference, splitMarks } from './marks.ts';
import { lastLine, splitLines, withoutLines } from './template-source.ts';

/** A reference found in what is configured. */
export interface Found {
  readonly reference: Reference;
  readonly port: number | undefined;
  readonly protocol: string | undefined;
  readonly database: string | undefined;
  readonly line: number;
  /** Whether it is where a load balancer forwards to. */
  readonly isRoute: boolean;
}

/** Files whose addresses are allowed, named or greeted, but not called. */
const NO_DEPENDENCIES =
  /iptables|nftables|(?:^|[/_.-])ufw|firewall|fail2ban|pg_hba|hosts[._](?:allow|deny)|known_hosts|sshd?_config|authorized_keys|sudoers|(?:^|\/)exports(?:\.j2)?$|(?:^|\/)etc[/_]hosts|(?:^|\/)hosts(?:\.\w+)?$|shorewall|(?:^|\/)motd|(?:^|\/)issue|inventory|ansible\.cfg/i;
const BALANCER = /haproxy|nginx|varnish|traefik|envoy|caddy|balanc|(?:^|[^a-z])lb(?:[^a-z]|$)|reverse.?proxy|httpd.*proxy|upstream/i;
const NO_ROUTE = /^\s*(?:log|log-send-hostname|resolver|nameserver|stats|peer|peers|error_log|access_log|syslog)\b/i;
const COMMENT = /^\s*(?:#|;|\/\/|\/\*|\*\s|--\s|<!--)/;
/** What stands before an address that is allowed, that is one's own, or that only names it. */
const NO_CALL =
  /(?:^|[^a-z])(?:allow|den(?:y|ied)|restrict|permit|white_?list|black_?list|trusted|acl|no_?proxy|notrap|grant|require\s+(?:ip|host)|bind|listen|server_?name|server_?alias|source|from|hosts_?allow)[a-z_]*\b(?:(?!,\s*["']?[a-z_]\w*["']?\s*[:=](?!\d))[^;|])*$/i;
/** How many characters around an address say what it is. */
const MAX_AROUND = 500;
const LIST_OPENS = /[:=[({]\s*$/;

const PORTS: Readonly<Record<string, number>> = {
  ...{ http: 80, https: 443, mysql: 3306, mariadb: 3306, postgres: 5432, postgresql: 5432, mongodb: 27017, redis: 6379, rediss: 6379 },
  ...{ amqp: 5672, amqps: 5671, ldap: 389, ldaps: 636, memcached: 11211, memcache: 11211, nats: 4222, kafka: 9092 },
};

/** Whether what a file or variable of this name holds are no dependencies. */
export function isAllowList(name: string): boolean {
  return NO_DEPENDENCIES.test(name.replace(/\.j(?:inja)?2$/, ''));
}

/** Whether something of this name configures a load balancer or reverse proxy. */
export function isBalancer(name: string): boolean {
  return BALANCER.test(name);
}

function toPort(text: string | undefined): number | undefined {
  const port = Number(text);
  return text !== undefined && port > 0 && port < 65536 ? port : undefined;
}

/** The port that goes with an address: behind it, else named on its line, else on the next. */
function portOf(after: string, line: string, next: string): number | undefined {
  const behind = /^(?:\]?:|["']\s*,\s*)(\d{1,5})(?![\w.])/.exec(after)?.[1];
  const named = /(?:^|[^a-z])port["']?\s*(?:=>|[:=\s])\s*["']?(\d{1,5})(?!\d)/i;
  const flag = /\s-[pP]\s*(\d{1,5})(?!\d)/;
  const following = /^\W*port\W{1,10}(\d{1,5})(?!\d)/i;
  return toPort(behind) ?? toPort(named.exec(line)?.[1]) ?? toPort(flag.exec(line)?.[1]) ?? toPort(following.exec(next)?.[1]);
}

function protocolOf(before: string): string | undefined {
  return /(?:^|[^a-z])([a-z][a-z0-9]*)(?:\+[a-z]+)?:\/\/(?:[^\s/'"]*@)?\[?$/i.exec(before)?.[1]?.toLowerCase();
}

/** The references of one line of output; several to one target are one, named as the first, with the port of whichever says it. */
function findInLine(text: string, next: string, startLine: number, marks: Marks, isRouting: boolean): Found[] {
  const found = new Map<string, Found>();
  const pieces = splitMarks(text, marks.referenceAt);
  const plain = withoutLines(marks.plain(text)).slice(0, 4 * MAX_AROUND);
  let line = startLine;
  let before = '';
  for (const [at, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      line = lastLine(piece) ?? line;
      before = (before + withoutLines(piece)).slice(-MAX_AROUND);
      continue;
    }
    const after = withoutLines(
      pieces
        .slice(at + 1)
        .map(toPlain)
        .join(''),
    );
    if (!NO_CALL.test(before) && !isLoopback(piece.text)) {
      const protocol = protocolOf(before);
      const port = portOf(after, plain, next) ?? (protocol === undefined ? undefined : PORTS[protocol]);
      const database = /^(?::\d+)?\/([\w-]+)/.exec(after)?.[1];
      const key = `${piece.kind} ${piece.target}`;
      const known = found.get(key);
      const reference = known?.reference ?? piece;
      const isBetter = known === undefined || (known.port === undefined && port !== undefined);
      if (isBetter) found.set(key, { reference, port, protocol, database, line, isRoute: isRouting && !NO_ROUTE.test(plain) });
    }
    before += piece.text;
  }
  return [...found.values()];
}

/** Finds the references in rendered text, line by line; comments and allow lists hold none. */
export function findReferences(rendered: string, marks: Marks, isRouting: boolean): Found[] {
  const found: Found[] = [];
  const lines = splitLines(rendered);
  let isInList = false;
  let line = 1;
  for (const [index, text] of lines.entries()) {
    const plain = withoutLines(marks.plain(text));
    const isItem = /^\s*["'-]/.test(plain) || /^\s*[\w.:/]+["']?,?\s*$/.test(plain);
    if (isInList && (/^\s*[\])}]/.test(plain) || !isItem)) isInList = false;
    if (!isInList && !COMMENT.test(plain)) {
      found.push(...findInLine(text, withoutLines(marks.plain(lines[index + 1] ?? '')), line, marks, isRouting));
    }
    line = lastLine(text) ?? line;
    if (LIST_OPENS.test(plain) && NO_CALL.test(plain.slice(-MAX_AROUND).replace(/[\s:=[({"']+$/, ''))) isInList = true;
  }
  return found;
}

function toPlain(piece: string | Reference): string {
  return typeof piece === 'string' ? piece : piece.text;
}
