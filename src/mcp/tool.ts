import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { Check, Errors } from 'typebox/value';
import type { ReadEvidence } from '../api/deps.ts';
import { invalid } from '../api/problem.ts';
import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { KnowledgeSettings } from '../jobs/knowledge/settings.ts';
import type { Db } from '../store/db.ts';

/** What a tool may use to answer about one tenant. */
export interface Question {
  readonly db: Db;
  readonly tenantId: string;
  readonly now: Micros;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Absent where no source can be read. */
  readonly readEvidence?: ReadEvidence | undefined;
  /** Finds passages also by meaning where it has an embedder. */
  readonly knowledge?: Pick<KnowledgeSettings, 'embedder'> | undefined;
}

const common = {
  summary: Type.String({ description: 'The answer in a sentence.' }),
  hint: Type.Optional(Type.String({ description: 'What to ask next, where the answer alone does not help.' })),
  truncated: Type.Boolean({ description: 'Whether there is more than is shown.' }),
  tenant_id: Type.String(),
  as_of: Type.String({ format: 'date-time', description: 'When the database was read.' }),
  provenance: Type.Record(Type.String(), Type.Unknown(), { description: 'Tables and ranges that the answer comes from.' }),
};

/** What every answer holds. */
export interface Answered {
  readonly summary: string;
  readonly hint?: string | undefined;
  readonly truncated: boolean;
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** One tool as the server offers it; `input` does not hold the tenant. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly input: TObject;
  readonly output: TObject;
  /** Rejects with `OB_REQUEST_INVALID` for arguments that the input schema does not allow, and with the errors of the question. */
  answer(question: Question, args: unknown): Promise<Record<string, unknown>>;
}

/** A tool from its schemas and its question; the schema of the answer is checked for every answer. */
export function defineTool<Input extends TProperties, Output extends TProperties>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly openWorld?: boolean;
  /** Whether numbers are given as they are; else with four digits. */
  readonly exact?: boolean;
  ask(question: Question, input: Static<ReturnType<typeof Type.Object<Input>>>): Promise<Answered & Readonly<Record<string, unknown>>>;
}): Tool {
  const { name, title, description, ask } = definition;
  const input = Type.Object(definition.input, { additionalProperties: false });
  const output = Type.Object({ ...common, ...definition.output });
  return {
    ...{ name, title, description, input, output },
    annotations: { title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: definition.openWorld ?? false },
    async answer(question, args) {
      if (!Check(input, args)) throw invalid(describeViolation(input.properties, [...Errors(input, args)]));
      const { hint, ...answer } = await ask(question, args as Static<ReturnType<typeof Type.Object<Input>>>);
      const given: Record<string, unknown> = {
        ...(definition.exact ? answer : (shorten(answer) as typeof answer)),
        ...(hint === undefined ? {} : { hint }),
        tenant_id: question.tenantId,
        as_of: formatTime(question.now),
      };
      const whole = Object.hasOwn(input.properties, 'limit') && !Object.hasOwn(Object(args), 'limit') ? cutToFit(given) : given;
      if (!Check(output, whole)) {
        const [first] = Errors(output, whole);
        throw new ObserveBridgeError(
          'OB_INTERNAL',
          'internal',
          `The answer of ${name} breaks its schema at ${first?.instancePath}: ${first?.message}.`,
        );
      }
      return whole;
    },
  };
}

/** Characters of the structured content of an answer whose `limit` nobody gave: agents pay for every one. */
const MOST = 8000;

/** The answer with the ends of its longest lists cut off until it is short enough. */
function cutToFit(answer: Record<string, unknown>): Record<string, unknown> {
  let excess = JSON.stringify(answer).length + 150 - MOST;
  if (excess <= 0) return answer;
  const lists = new Map(
    Object.entries(answer).flatMap(([name, value]) =>
      Array.isArray(value) && value.length > 1 ? [[name, value.map((item) => JSON.stringify(item).length + 1)] as const] : [],
    ),
  );
  const length = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  const cut = new Set<string>();
  while (excess > 0) {
    const [longest] = [...lists].filter(([, sizes]) => sizes.length > 1).toSorted(([, a], [, b]) => length(b) - length(a));
    if (longest === undefined) break;
    cut.add(longest[0]);
    excess -= longest[1].pop() ?? 0;
  }
  const parts = [...cut].map((name) => [name, answer[name] as unknown[], lists.get(name)?.length ?? 0] as const);
  const shown = parts.map(([name, all, count]) => `the first ${count} of ${all.length} ${name}`).join(' and ');
  return {
    ...answer,
    ...Object.fromEntries(parts.map(([name, all, count]) => [name, all.slice(0, count)])),
    truncated: true,
    hint: `${answer.hint === undefined ? '' : `${answer.hint} `}Shown are ${shown}, to be short; give \`limit\` for more.`,
  };
}

/** Numbers with four digits, or without fraction: more say nothing of measurements. */
function shorten(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isInteger(value) ? value : Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shorten(inner)]));
}

interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message?: string;
}

/** Names the field and what it takes, never its value. */
function describeViolation(properties: TProperties, violations: readonly Violation[]): string {
  const known = Object.keys(properties).join(', ');
  const violation = violations.find(({ keyword }) => keyword !== 'additionalProperties') ?? violations[0];
  if (violation === undefined) return 'The arguments are not valid.';
  const field = violation.instancePath.slice(1).replaceAll('/', '.');
  const params = new Map(Object.entries(violation.params));
  if (violation.keyword === 'required') return `The argument ${[params.get('requiredProperties')].flat().join(', ')} is missing.`;
  if (violation.keyword === 'boolean') return `There is no argument \`${field}\`; there are ${known || 'none'}.`;
  if (violation.keyword === 'enum') return `\`${field}\` is one of ${[params.get('allowedValues')].flat().join(', ')}.`;
  return `${field === '' ? 'The arguments' : `\`${field}\``} ${violation.message ?? 'cannot be used'}.`;
}
