import { Type } from 'typebox';
import { PatternListSchema } from '../../api/contract.ts';
import { readRange } from '../../api/question.ts';
import { type Severity, severities } from '../../core/severity.ts';
import { formatTime } from '../../core/time.ts';
import { findNewestHour, listPatterns } from '../../store/pattern-list.ts';
import { limitInput, rangeInput, resourceInput } from '../input.ts';
import { findNamed, hintAtRows } from '../refine.ts';
import { defineTool } from '../tool.ts';

/** `new_patterns`: kinds of log lines that are new or far more frequent. */
export const newPatternsTool = defineTool({
  name: 'new_patterns',
  title: 'New and surging log patterns',
  description:
    'Lists kinds of log lines per service that no line had before the range (`new`) or that come far more often than the day before (`surging`), with counts, a sample and the query that gives the raw lines. `severity: error` counts errors only; `steady: true` also lists the rest. Pass the fingerprint to raw_evidence for the lines themselves.',
  input: {
    service: Type.Optional(resourceInput('Only this service')),
    severity: Type.Optional(
      Type.Unsafe<Severity>({ type: 'string', enum: [...severities], description: 'Only patterns at least so severe.' }),
    ),
    steady: Type.Optional(Type.Boolean({ default: false, description: 'Also patterns that are as frequent as before.' })),
    ...rangeInput('the newest hour with log lines'),
    limit: limitInput(20, 200),
  },
  output: {
    from: Type.String({ format: 'date-time' }),
    to: Type.String({ format: 'date-time' }),
    patterns: PatternListSchema.properties.items,
  },
  async ask(question, { service: reference, severity, steady = false, limit = 20, ...bounds }) {
    const { db, tenantId, now } = question;
    const found = reference === undefined ? undefined : await findNamed(question, reference);
    const range = await readRange(bounds, now, () => findNewestHour(db, tenantId));
    const trends = steady ? undefined : (['new', 'surging'] as const);
    const rows = await listPatterns(db, { tenantId, range, service: found?.urn, severity, trends, limit: limit + 1 });
    const patterns = rows.slice(0, limit);
    const [first] = patterns;
    const isNew = patterns.filter(({ trend }) => trend === 'new').length;
    const hint = first?.baseline_minutes === 0 ? 'There are no lines before the range, so every pattern counts as new.' : undefined;
    const hintAtSteady = async () => {
      const steadies = await listPatterns(db, { tenantId, range, service: found?.urn, severity, limit: 100 });
      const [most] = steadies;
      if (most === undefined) return severity === undefined ? undefined : `There are no lines of severity ${severity} or worse at all.`;
      return `${steadies.length} patterns are as frequent as before, most of all ${most.fingerprint} of ${most.service} with ${most.lines} lines, since ${most.first_seen}: \`steady: true\` lists them.`;
    };
    return {
      summary:
        first === undefined
          ? `No ${steady ? '' : 'new or surging '}patterns from ${formatTime(range.from)} to ${formatTime(range.to)}.`
          : `${isNew} new and ${patterns.length - isNew} other patterns${rows.length > limit ? ' and more' : ''} from ${formatTime(range.from)} to ${formatTime(range.to)}; first ${first.service}: ${first.template.slice(0, 120)}`,
      hint: first === undefined ? ((await hintAtRows(question, 'log_pattern_5m', range, found)) ?? (await hintAtSteady())) : hint,
      truncated: rows.length > limit,
      provenance: { tables: ['log_pattern', 'log_pattern_5m', 'oo_locator'] },
      ...{ from: formatTime(range.from), to: formatTime(range.to) },
      patterns: patterns.map((pattern) => ({
        ...pattern,
        template: clip(pattern.template),
        sample: pattern.sample && clip(pattern.sample),
      })),
    };
  },
});

/** Long lines, such as traces of a stack, say in their beginning what happened. */
const clip = (line: string): string => (line.length > 600 ? `${line.slice(0, 599).toWellFormed()}…` : line);
