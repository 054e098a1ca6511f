import { openSession, type SessionConfig } from '../aggregate/session.ts';
import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import type { EvidenceBounds, EvidencePlace, EvidenceRows } from '../core/evidence.ts';
import { defaultResourceRules, type ResourceRule } from '../core/place.ts';
import { createTurns } from '../core/turns.ts';
import type { PatternsConfig } from '../patterns/config.ts';
import { createMiner } from '../patterns/miner.ts';
import { readEvidence } from '../sources/read-evidence.ts';
import type { Source } from '../sources/source.ts';
import { readNarrowEvidence } from './narrow-evidence.ts';

/** The source of a tenant and the type that its configuration gives it. */
export interface TenantSource {
  readonly source: Source;
  readonly type: string;
}

/** Every read has an engine of its own with its memory. */
const READING = 2;
const WAITING = 16;

/**
 * Reads raw rows of tenants, each read with an engine session of its own and two at once; `counted` says how the aggregations name resources and
 * mask lines, so that rows of one of them can be told. Rejects with what `findSource`, `Source.open` and `Source.readEvidence` reject with, and
 * with `OB_API_BUSY` when 16 wait already.
 */
export function createEvidenceReader(
  findSource: (tenantId: string) => Promise<TenantSource>,
  config: SessionConfig,
  counted: { readonly patterns?: PatternsConfig; readonly rules?: readonly ResourceRule[] } = {},
) {
  const counting = { rules: counted.rules ?? defaultResourceRules, miner: createMiner(counted.patterns) };
  const inTurn = createTurns(
    READING,
    WAITING,
    () => new ObserveBridgeError('OB_API_BUSY', 'read', `${WAITING} readers of raw rows wait already.`),
  );
  return (
    tenantId: string,
    place: EvidencePlace,
    bounds: EvidenceBounds,
    signal: AbortSignal,
  ): Promise<EvidenceRows & { readonly sourceType: string; readonly organization: string }> =>
    inTurn(async () => {
      throwIfAborted(signal);
      const { source, type } = await findSource(tenantId);
      await using session = await openSession(config);
      session.abortOn(signal);
      const found = await (place.only === undefined
        ? readEvidence(source, place, bounds, session, signal)
        : readNarrowEvidence(source, place, bounds, session, counting, signal));
      return { ...found, sourceType: type, organization: source.organization };
    });
}
