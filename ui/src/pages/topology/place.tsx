import { formatEvidence } from './topology-picture.ts';

/** Where a document says something, in two lines at most; all of it on hover, and in the details of the edge. */
export function Place({ evidence }: { readonly evidence: Readonly<Record<string, unknown>> }) {
  const text = formatEvidence(evidence);
  return (
    <code className="clamp" title={text}>
      {text}
    </code>
  );
}
