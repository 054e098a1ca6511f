import type { Micros } from '../../core/time.ts';
import { type KeyValue, type TextFields, toText } from './any-value.ts';

/** A row in OpenObserve's stored shape. `_timestamp` is undefined when the record has no time. */
export interface RawRow {
  readonly _timestamp: Micros | undefined;
  readonly [column: string]: string | number | undefined;
}

/** Who sent something, in the three kinds of request. */
export interface OtlpResource {
  readonly attributes?: readonly KeyValue[];
}
export interface OtlpScope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly KeyValue[];
}

/** A 64-bit unsigned integer, which comes as text or as a number; undefined for anything else. */
export function toUint64(value: unknown): bigint | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

/** Nanoseconds as µs, rounded down; undefined for 0, which OTLP writes for "unknown", and for what is no time. */
export function toTimestamp(nanos: unknown): Micros | undefined {
  const micros = Number((toUint64(nanos) ?? 0n) / 1000n);
  return micros > 0 ? micros : undefined;
}

/** An id in lower-case hex; undefined when there is none, which some writers say with zeros. */
export function toId(value: unknown): string | undefined {
  return typeof value === 'string' && !/^0*$/.test(value) ? value.toLowerCase() : undefined;
}

/** The columns in which OpenObserve keeps the scope. */
export function scopeFields(scope: OtlpScope | undefined): TextFields {
  const fields: TextFields = {};
  const name = toText({ stringValue: scope?.name ?? '' });
  if (name) fields.instrumentation_library_name = name;
  if (scope?.version) fields.instrumentation_library_version = String(scope.version);
  return fields;
}

/** The fields that are there, so that they do not hide others when they are spread over them. */
export function present(fields: Record<string, string | number | undefined>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== ''),
  );
}
