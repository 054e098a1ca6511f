import { openSession, type SessionConfig } from '../aggregate/session.ts';
import type { EvidenceBounds, EvidencePlace, EvidenceRows } from '../core/evidence.ts';
import { readEvidence } from '../sources/read-evidence.ts';
import type { Source } from '../sources/source.ts';

/** The source of a tenant and the type that its configuration gives it. */
export interface TenantSource {
  readonly source: Source;
  readonly type: string;
}

/** Reads raw rows of tenants, each read with an engine session of its own. Rejects as `findSource` and `Source.readEvidence` do. */
export function createEvidenceReader(findSource: (tenantId: string) => Promise<TenantSource>, config: SessionConfig) {
  return async (
    tenantId: string,
    place: EvidencePlace,
    bounds: EvidenceBounds,
    signal: AbortSignal,
  ): Promise<EvidenceRows & { readonly sourceType: string; readonly organization: string }> => {
    const { source, type } = await findSource(tenantId);
    await using session = await openSession(config);
    session.abortOn(signal);
    return { ...(await readEvidence(source, place, bounds, session, signal)), sourceType: type, organization: source.organization };
  };
}
