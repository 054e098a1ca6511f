/** The one severity scale, mildest first. */
export const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Severity = (typeof severities)[number];

const WORDS: Readonly<Record<Severity, string>> = {
  trace: 'trace trc tra t finest finer verbose silly',
  debug: 'debug dbg debu deb d fine v config',
  info: 'info inf information informational i notice note ntc log default',
  warn: 'warn warning wrn wrning w',
  error: 'error err eror e severe fail failure erro',
  fatal: 'fatal ftl fat f critical crit c panic emergency emerg alert dpanic',
};

const SEVERITY_OF_WORD: ReadonlyMap<string, Severity> = new Map(
  severities.flatMap((severity) => WORDS[severity].split(' ').map((word) => [word, severity] as const)),
);

/** syslog severities 0 (emergency) to 7 (debug), RFC 5424 §6.2.1. */
const SYSLOG: readonly Severity[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];

/**
 * Reads a severity from any usual vocabulary: OpenTelemetry numbers 1–24 (also as text, and names with a step such as `INFO2`), syslog words,
 * letters of glog and Android, and the level names of Java, Python, Go and JavaScript loggers in any case. Returns `null` for anything else.
 */
export function parseSeverity(level: string | number): Severity | null {
  if (typeof level === 'number') {
    return Number.isInteger(level) && level >= 1 && level <= 24 ? (severities[(level - 1) >> 2] ?? null) : null;
  }
  const word = level.trim().toLowerCase();
  const known = SEVERITY_OF_WORD.get(word);
  if (known !== undefined) return known;
  if (/^\d{1,2}$/.test(word)) return parseSeverity(Number(word));
  const stepped = /^(?:severity_number_)?(trace|debug|info|warn|error|fatal)[2-4]?$/.exec(word);
  return stepped ? (SEVERITY_OF_WORD.get(stepped[1] ?? '') ?? null) : null;
}

/** Reads a syslog severity 0–7; `null` outside that range. */
export function parseSyslogSeverity(level: number): Severity | null {
  return SYSLOG[level] ?? null;
}

/** Position on the scale: 1 for trace to 6 for fatal, 0 for unknown. */
export function rank(severity: Severity | null): number {
  return severity === null ? 0 : severities.indexOf(severity) + 1;
}

/** Whether a line of this severity counts as an error. */
export function isError(severity: Severity | null): boolean {
  return severity === 'error' || severity === 'fatal';
}
