const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** The position of a caller in its trace; ids are lower-case hex. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * Reads a `traceparent` by the rules of W3C Trace Context: lower-case hex, no id of zeros, nothing after the flags in version 00, anything
 * there in later versions, and never version ff. Returns `undefined` for anything else.
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}
