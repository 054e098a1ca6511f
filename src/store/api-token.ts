import { createHash, randomBytes } from 'node:crypto';
import { ObserveBridgeError } from '../core/error.ts';
import { type Micros, SECOND } from '../core/time.ts';
import { sqlState } from './database-error.ts';
import type { Queryable } from './db.ts';

/** What a token may do: a viewer reads, an operator also starts work, an admin does everything. Ordered by power. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whoever presented a valid token. `tenants` absent means all. */
export interface Access {
  readonly name: string;
  readonly role: Role;
  readonly tenants?: readonly string[];
}

/** A token as lists show it; times are ISO 8601 UTC, `tenants` null means all. */
export interface TokenRow {
  readonly name: string;
  readonly role: Role;
  readonly tenants: readonly string[] | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

const hashOf = (token: string): Uint8Array => createHash('sha256').update(token).digest();

/** Makes a token and returns its text, which nobody can read again afterwards. Rejects with `OB_TOKEN_EXISTS` when the name is taken. */
export async function createToken(db: Queryable, access: Access, validFor?: Micros): Promise<string> {
  const token = `ob_${randomBytes(32).toString('base64url')}`;
  try {
    await db.query(
      `insert into api_token (token_hash, name, role, tenants, expires_at) values ($1, $2, $3, $4::text[], now() + make_interval(secs => $5::float8))`,
      [hashOf(token), access.name, access.role, access.tenants ?? null, validFor === undefined ? null : validFor / SECOND],
    );
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    throw new ObserveBridgeError('OB_TOKEN_EXISTS', 'usage', `There is a token named ${access.name} already.`, error);
  }
  return token;
}

/** Every token, also expired ones, by name. */
export function listTokens(db: Queryable): Promise<TokenRow[]> {
  return db.query<TokenRow>('select name, role, tenants, created_at, expires_at, last_used_at from api_token order by name');
}

/** Removes a token, which is refused from then on. Rejects with `OB_TOKEN_UNKNOWN` when there is none of that name. */
export async function revokeToken(db: Queryable, name: string): Promise<void> {
  const removed = await db.query('delete from api_token where name = $1 returning name', [name]);
  if (removed.length === 0) throw new ObserveBridgeError('OB_TOKEN_UNKNOWN', 'usage', `There is no token named ${name}.`);
}

/** Tokens that have not expired. */
export async function countTokens(db: Queryable): Promise<number> {
  const [row] = await db.query<{ tokens: number }>(
    'select count(*)::int as tokens from api_token where expires_at is null or expires_at > now()',
  );
  return row?.tokens ?? 0;
}

/** Who presented the token; undefined when it is unknown or has expired. Its use is written down at most once a minute. */
export async function findAccess(db: Queryable, token: string): Promise<Access | undefined> {
  // The hash is the key, so the time of the look-up tells nothing about tokens that exist.
  const hash = hashOf(token);
  const [row] = await db.query<{ name: string; role: Role; tenants: string[] | null; stale: boolean }>(
    `select name, role, tenants, last_used_at is null or last_used_at < now() - interval '1 minute' as stale
     from api_token where token_hash = $1 and (expires_at is null or expires_at > now())`,
    [hash],
  );
  if (row === undefined) return undefined;
  if (row.stale) await db.query('update api_token set last_used_at = now() where token_hash = $1', [hash]);
  return { name: row.name, role: row.role, ...(row.tenants ? { tenants: row.tenants } : {}) };
}
