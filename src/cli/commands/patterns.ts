import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../../core/error.ts';
import { type Severity, severities } from '../../core/severity.ts';
import { formatTime, HOUR, type Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { Explanation } from '../../patterns/explain.ts';
import type { Db } from '../../store/db.ts';
import { findNewestHour, findPattern, type KnownPattern, listPatterns, type PatternRow } from '../../store/pattern-list.ts';
import { listTenants } from '../../store/schedule-list.ts';
import type { Bind, Invocation } from '../invocation.ts';
import { toCount, toTime } from '../option-value.ts';
import { tenantOption } from '../tenant-option.ts';
import { withDb } from '../with-db.ts';

interface ListOptions {
  readonly tenant: string;
  readonly service?: string;
  readonly severity?: Severity;
  readonly new?: boolean;
  readonly surging?: boolean;
  readonly from?: Micros;
  readonly to?: Micros;
  readonly limit: number;
}

const listColumns = ['service', 'trend', 'severity', 'lines', 'errors', 'ratio', 'first_seen', 'last_seen', 'evidence', 'template'];
const MAX_TEMPLATE = 120;

/** `patterns`: which log patterns there are, which are new or surging, and how a line becomes one. */
export function addPatternsCommand(program: Command, bind: Bind): void {
  const patterns = program.command('patterns').helpCommand(false).description('Look at log patterns.');
  patterns
    .command('list')
    .description('List the patterns of each service: new ones first, then surging ones, then the rest, each by count.')
    .addOption(tenantOption('Whose patterns'))
    .option('--service <service>', 'Only those of this service, by name or URN.')
    .option('--new', 'Only those that no line had before; with --surging both.')
    .option('--surging', 'Only those with at least 3 times as many lines as the day before, and more than chance gives.')
    .addOption(
      new Option('--severity <level>', 'Only those with lines at least so severe; from error on, errors are what is counted.').choices(
        severities,
      ),
    )
    .option('--from <time>', 'Beginning of the range; an hour before its end if absent.', toTime)
    .option('--to <time>', 'End of the range, not itself part of it; the end of the newest five minutes if absent.', toTime)
    .option('--limit <count>', 'How many at most.', toCount(1000), 20)
    .action(
      bind(async (invocation, options: ListOptions) => {
        const { limit, tenant } = options;
        const { range, rows } = await withDb(invocation, (db) => list(db, { ...options, limit: limit + 1 }));
        const shown = rows.slice(0, limit);
        invocation.print(shown, listColumns, shown.map(toTableRow));
        if (range === undefined) invocation.note(`Tenant ${tenant} has no log lines yet.`);
        else tellRange(invocation, range, shown);
        if (rows.length > limit) invocation.note(`There are more than ${limit}; --limit, --service, --from and --to choose others.`);
      }),
    );
  patterns
    .command('explain')
    .description('Show, step by step, how a log line becomes a pattern.')
    .argument('<line>', 'A log line as it was written.')
    .option('--tenant <id>', 'Also show the pattern that counts such lines of this tenant.')
    .action(
      bind(async (invocation, line: string, { tenant }: { readonly tenant?: string }) => {
        const loaded = await invocation.loadConfig();
        const { steps, pattern } = await invocation.withWiring(loaded, {}, async (wiring) => {
          const explanation = await wiring.explainPattern(line);
          if (tenant === undefined) return { steps: explanation, pattern: undefined };
          const db = await wiring.openDb();
          await checkTenant(db, tenant);
          return { steps: explanation, pattern: (await findPattern(db, tenant, explanation.fingerprint)) ?? null };
        });
        const result = pattern === undefined ? steps : { ...steps, pattern };
        invocation.print(result, ['step', 'text', 'becomes', 'why'], [...toStepRows(steps), ...toPatternRows(pattern, steps.fingerprint)]);
      }),
    );
}

async function list(db: Db, options: ListOptions): Promise<{ range: Window | undefined; rows: PatternRow[] }> {
  await checkTenant(db, options.tenant);
  const newest = options.to === undefined ? await findNewestHour(db, options.tenant) : undefined;
  const to = options.to ?? newest?.to;
  if (to === undefined) return { range: undefined, rows: [] };
  const range = { from: options.from ?? to - HOUR, to };
  if (range.from >= range.to) {
    const sentence = `--from ${formatTime(range.from)} is not before ${options.to === undefined ? 'the end of the newest lines,' : '--to'} ${formatTime(to)}.`;
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', sentence);
  }
  const { tenant, service, severity, limit } = options;
  const wanted = [...(options.new ? (['new'] as const) : []), ...(options.surging ? (['surging'] as const) : [])];
  const trends = wanted.length > 0 ? wanted : undefined;
  return { range, rows: await listPatterns(db, { tenantId: tenant, range, service, severity, trends, limit }) };
}

async function checkTenant(db: Db, tenant: string): Promise<void> {
  const known = await listTenants(db, { tenants: [tenant], limit: 1 });
  if (known.length > 0) return;
  throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `The database knows no tenant ${tenant}: no job has run for it.`);
}

function tellRange(invocation: Invocation, range: Window, rows: readonly PatternRow[]): void {
  const [first] = rows;
  const baseline = first === undefined || first.baseline_minutes > 0 ? '' : '; there are no lines before it to compare with';
  invocation.note(`${formatTime(range.from)} … ${formatTime(range.to)}${baseline}.`);
}

function toTableRow(row: PatternRow): Readonly<Record<string, unknown>> {
  const { template } = row;
  const shown = template.length > MAX_TEMPLATE ? `${template.slice(0, MAX_TEMPLATE - 1)}…` : template;
  return { ...row, template: shown, evidence: row.evidence_url ?? row.evidence_query };
}

type StepRow = Readonly<Record<'step' | 'text', string> & Partial<Record<'becomes' | 'why', string>>>;

/** The steps in their order as rows for people. */
function toStepRows({ header, severity, fields, tokens, mask, template, fingerprint }: Explanation): StepRow[] {
  const parts = Object.entries(header).map(([field, text]) => ({ step: `header ${field}`, text }));
  return [
    ...(parts.length > 0 ? parts : [{ step: 'header', text: '', why: 'nothing before the message' }]),
    { step: 'severity', text: severity ?? '', ...(severity === null ? { why: 'neither header nor fields name one' } : {}) },
    ...(fields === '' ? [] : [{ step: 'fields', text: fields, why: 'names of the fields beside the message; their values do not count' }]),
    ...tokens.map(({ text, class: kept, kind, why }) => ({
      ...{ step: 'token', text, becomes: kept === 'variable' ? '<*>' : text },
      why: `${kind}: ${why}`,
    })),
    { step: 'mask', text: mask },
    { step: 'template', text: template, why: 'neighbouring variables are one' },
    { step: 'fingerprint', text: fingerprint, why: 'hash of the template' },
  ];
}

function toPatternRows(pattern: KnownPattern | null | undefined, fingerprint: string): StepRow[] {
  if (pattern === undefined) return [];
  if (pattern === null) return [{ step: 'pattern', text: '', why: 'the tenant has no line of this template' }];
  const why = pattern.fingerprint === fingerprint ? 'no other template absorbed it' : "its words vary among the tenant's templates";
  return [
    { step: 'pattern', text: pattern.template, why },
    { step: 'pattern fingerprint', text: pattern.fingerprint, why: `version ${pattern.version}: counts from 1 how often that changed` },
    { step: 'seen', text: `${pattern.first_seen} … ${pattern.last_seen}` },
  ];
}
