/** The readable part of a URN: what stands behind its last slash, or its last colon. */
export function toShortName(urn: string): string {
  const last = urn.slice(Math.max(urn.lastIndexOf('/'), urn.lastIndexOf(':')) + 1);
  try {
    return decodeURIComponent(last) || urn;
  } catch {
    return last || urn;
  }
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^urn:(svc|k8s:svc):/, 'service'],
  [/^urn:host:/, 'host'],
  [/^urn:db:|:(rds|dynamodb|elasticache|redis|s3)[:/]/, 'database'],
  [/^urn:mq:|:(sqs|sns|kafka)[:/]/, 'topic'],
  [/^urn:ext:/, 'external'],
  [/^urn:aws:lambda:/, 'service'],
];

/** The kind of resource that the beginning of a URN tells; `other` where it does not. */
export const toKind = (urn: string): string => kinds.find(([beginning]) => beginning.test(urn))?.[1] ?? 'other';
