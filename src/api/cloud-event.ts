import type { IncomingHttpHeaders } from 'node:http';
import { CloudEvent } from 'cloudevents';
import { ObserveBridgeError } from '../core/error.ts';
import { parseTime } from '../core/time.ts';
import type { EventEnvelope } from '../store/event-envelope.ts';
import { isStorable } from './list.ts';
import { invalid } from './problem.ts';
import { refuseDeep } from './refuse-body.ts';

/** An event as it came: without a tenant, which is for the route to find. */
export type ReceivedEvent = Omit<EventEnvelope, 'tenantId'>;

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const REQUIRED = ['id', 'source', 'type', 'specversion'] as const;

/** How a request carries CloudEvents; undefined when it carries none. */
export function eventMode(headers: IncomingHttpHeaders): 'structured' | 'batch' | 'binary' | undefined {
  const type = mediaType(headers);
  if (type === BATCH) return 'batch';
  if (type === STRUCTURED) return 'structured';
  return headers['ce-specversion'] === undefined && headers['ce-id'] === undefined ? undefined : 'binary';
}

/** Reads the events of a request in any of the HTTP modes of CloudEvents 1.0. Throws `OB_REQUEST_INVALID` naming what is wrong. */
export function readEvents(headers: IncomingHttpHeaders, body: Buffer): ReceivedEvent[] {
  const mode = eventMode(headers);
  if (mode === undefined) throw new ObserveBridgeError('OB_MEDIA_TYPE', 'usage', 'The request is not a CloudEvent.');
  if (mode === 'binary') return [toReceived(binaryAttributes(headers, body))];
  const parsed = readJson(body);
  if (mode === 'structured') return [toReceived(parsed)];
  if (!Array.isArray(parsed)) throw invalid('The batch is not a JSON array of events.');
  return parsed.map(toReceived);
}

/** The JSON value of a body. Throws `OB_REQUEST_INVALID` when it is none, or nested too deeply. */
export function readJson(body: Buffer): unknown {
  const value = parseJson(body);
  refuseDeep(value);
  return value;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ObserveBridgeError('OB_REQUEST_INVALID', 'usage', 'The body is not valid JSON.', error);
  }
}

/** The media type of the body in lower case without parameters, empty when there is none. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function binaryAttributes(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-')) attributes[name.slice(3)] = decodeHeader(name, String(value));
  }
  if (headers['content-type'] !== undefined) attributes.datacontenttype = headers['content-type'];
  if (body.length === 0) return attributes;
  const isJson = /^(application|text)\/(.+\+)?json$/.test(mediaType(headers));
  return { ...attributes, data: isJson ? readJson(body) : new Uint8Array(body) };
}

/** Header values are percent-encoded UTF-8, perhaps in quotes (CloudEvents HTTP binding 3.1.3.2). */
function decodeHeader(name: string, value: string): string {
  const bare = /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  try {
    return decodeURIComponent(bare.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch (error) {
    throw new ObserveBridgeError('OB_REQUEST_INVALID', 'usage', `The header ${name} is not percent-encoded UTF-8.`, error);
  }
}

function toReceived(attributes: unknown): ReceivedEvent {
  const given = (typeof attributes === 'object' ? attributes : undefined) as Record<string, unknown> | undefined | null;
  // The library would invent an id, which ends idempotence, and a version.
  for (const name of REQUIRED) {
    if (typeof given?.[name] !== 'string' || given[name] === '') throw invalid(`The event lacks \`${name}\`.`);
  }
  if (given?.specversion !== '1.0') throw invalid('The event is not of version 1.0 of CloudEvents.');
  const event = validate(given);
  const { id, source, type, specversion: _, subject, datacontenttype, dataschema, data, data_base64, time: __, ...rest } = event;
  const binary = data_base64 === undefined ? undefined : new Uint8Array(Buffer.from(data_base64, 'base64'));
  const isText = typeof data === 'string' && datacontenttype !== undefined && !/json/i.test(datacontenttype);
  return {
    ...{ id, source, type, subject, contentType: datacontenttype, dataSchema: dataschema },
    time: readEventTime(given.time),
    extensions: Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...(binary || isText ? { bytes: binary ?? new Uint8Array(Buffer.from(String(data))) } : { data }),
  };
}

function validate(attributes: Record<string, unknown>): CloudEvent<unknown> {
  try {
    return new CloudEvent<unknown>(attributes);
  } catch (error) {
    const [violation] = (Object(error).errors ?? []) as { instancePath?: string; message?: string }[];
    const field = violation?.instancePath?.slice(1);
    const reason = field ? `\`${field}\` ${violation?.message}` : 'an attribute has a name or value that is not allowed';
    throw new ObserveBridgeError('OB_REQUEST_INVALID', 'usage', `The event is not valid: ${reason}.`, error);
  }
}

function readEventTime(time: unknown): number | undefined {
  if (time === undefined || time === null) return undefined;
  const micros = parseTime(String(time));
  if (micros === undefined || !isStorable(micros)) throw invalid('`time` of the event is not a time.');
  return micros;
}
