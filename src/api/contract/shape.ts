import { type Static, type TProperties, type TSchema, Type } from 'typebox';

/** Objects that take no other fields. */
export const closed = { additionalProperties: false } as const;

/** The schema or null. */
export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** One of the names. */
export const oneOf = <const Names extends readonly string[]>(names: Names, options: { description?: string } = {}) =>
  Type.Unsafe<Names[number]>({ type: 'string', enum: [...names], ...options });

/** A time of an answer, ISO 8601 UTC. */
export const time = (description?: string) => Type.String({ format: 'date-time', ...(description ? { description } : {}) });

/** Text of a request that is not empty. */
export const named = (description: string, maxLength = 200) => Type.String({ description, minLength: 1, maxLength });

/** Text of a body that is not empty and that the database can hold. */
export const plain = (description: string, maxLength = 200) =>
  Type.String({ description, minLength: 1, maxLength, pattern: '^[^\\u0000]*$' });

/** When the database was read. */
export const asOf = time('When the database was read.');

/** What every failed request answers (RFC 9457). */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:observebridge:error:` and the code.' }),
    title: Type.String({ description: 'Name of the HTTP status.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'One sentence about what happened.' }),
    code: Type.String(),
    remedy: Type.String({ description: 'What can be done about it.' }),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof ProblemSchema>;

/** A list: `next_cursor` is there when there is more, and goes into the next request. */
export const listOf = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), next_cursor: Type.Optional(Type.String()), as_of: asOf });

/** How many items of a list a request asks for. */
export const limit = (maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description: `How many items at most; 100 if absent, ${maximum} at most.` }));
/** Where a page of a list begins. */
export const cursor = (pattern?: string) =>
  Type.Optional(Type.String({ maxLength: 8000, ...(pattern ? { pattern } : {}), description: '`next_cursor` of the page before.' }));
/** The query of a list with its own fields. */
export const listQuery = <Properties extends TProperties>(properties: Properties, options: { maximum?: number; pattern?: string } = {}) =>
  Type.Object({ ...properties, limit: limit(options.maximum ?? 1000), cursor: cursor(options.pattern) }, closed);

/** Narrows a list to a tenant. */
export const byTenant = Type.Optional(named('Only of this tenant.'));
/** Narrows a list to a job. */
export const byJob = Type.Optional(named('Only of this job.'));

/** The tenant that the answer is about. */
export const tenantId = named('Tenant that the answer is about.');

/** Names a resource. */
export const reference = (description = 'URN, name or alias of a resource.') => named(description, 2000);

/** Bounds of a range of time. */
export const range = (otherwise: string) => ({
  from: Type.Optional(named(`Beginning of the range, UTC; ${otherwise} where both ends are absent.`)),
  to: Type.Optional(named('End of the range, not itself part of it.')),
});

/** The range that an answer is about. */
export const answeredRange = { from: time('Beginning of the range that was looked at.'), to: time('Its end, not itself part of it.') };

/** Signed 64-bit number as text. */
export const bigId = (description: string) => Type.String({ pattern: '^-?\\d{1,19}$', description });

/** A share from 0 to 1. */
export const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** Free-form fields. */
export const fields = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });
