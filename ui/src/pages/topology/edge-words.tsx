import type { Names } from './names.ts';
import { type Change, formatAttrs, formatEvidence, relationLooks } from './topology-picture.ts';

/** A resource by name, kind and URN. */
export function UrnWords({ urn, names }: { readonly urn: string; readonly names: Names }) {
  const { name, kind } = names(urn);
  return (
    <>
      <strong>{name}</strong> {kind.replace('_', ' ')}
      <br />
      {urn}
    </>
  );
}

/** A difference in a few words. */
export function ChangeWords({ change, names }: { readonly change: Change; readonly names: Names }) {
  return (
    <>
      <p>
        <strong>{change.change}</strong> · {names(change.src_urn).name} {relationLooks[change.relation].title} {names(change.dst_urn).name}
      </p>
      <p>{formatEvidence(change.evidence)}</p>
      <p>{noteOf(change)}</p>
    </>
  );
}

/** What a difference means beyond that it is one; empty where there is nothing to say. */
export function noteOf({ change, attrs, attrs_before, still_declared }: Change): string {
  if (change === 'changed') return `${formatAttrs(attrs_before) || 'nothing'} became ${formatAttrs(attrs) || 'nothing'}`;
  if (change === 'closed' && still_declared) return 'another source still declares it';
  if (change === 'opened' && still_declared) return 'another source declares it as well';
  return '';
}
