import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply } from 'fastify';
import { type ErrorCode, errorCatalogue, ObserveBridgeError } from '../core/error.ts';
import { maskSecrets } from '../core/secret.ts';
import type { Problem } from './contract.ts';

const statusOf: Partial<Record<ErrorCode, number>> = {
  OB_REQUEST_INVALID: 400,
  OB_RANGE_INVALID: 400,
  OB_UNAUTHORIZED: 401,
  OB_FORBIDDEN: 403,
  OB_NOT_FOUND: 404,
  OB_JOB_UNKNOWN: 404,
  OB_TENANT_UNKNOWN: 404,
  OB_RUN_UNKNOWN: 404,
  OB_BACKFILL_UNKNOWN: 404,
  OB_RESOURCE_UNKNOWN: 404,
  OB_METHOD_NOT_ALLOWED: 405,
  OB_RESOURCE_AMBIGUOUS: 409,
  OB_DOCUMENT_INVALID: 400,
  OB_DOCUMENT_UNKNOWN: 404,
  OB_EVIDENCE_UNKNOWN: 404,
  OB_SQL_FAILED: 400,
  OB_SQL_REFUSED: 400,
  OB_SQL_TIMEOUT: 400,
  OB_RUN_STATUS: 409,
  OB_BACKFILL_ACTIVE: 409,
  OB_BACKFILL_ENDED: 409,
  OB_BODY_TOO_LARGE: 413,
  OB_MEDIA_TYPE: 415,
  OB_EVIDENCE_UNREADABLE: 502,
  OB_API_BUSY: 503,
  OB_DATABASE_UNREACHABLE: 503,
  OB_READER_MISSING: 503,
};

/** What a client is told of a failure that is not its own: the sentence of the error may name hosts and tables. */
const ownFailures: Partial<Record<ErrorCode, string>> = {
  OB_DATABASE_UNREACHABLE: 'The database cannot be reached.',
  OB_DATABASE_FAILED: 'The database refused the statement.',
  OB_EVIDENCE_UNREADABLE: 'The source of the tenant does not give the raw rows.',
  OB_API_BUSY: 'As many such requests as there may be are being answered already.',
  OB_READER_MISSING: 'The database has no role under which statements of agents can run.',
};

const frameworkCodes: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['OB_BODY_TOO_LARGE', 'The body is too large.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['OB_MEDIA_TYPE', 'The media type of the body is not supported.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['OB_REQUEST_INVALID', 'The body is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['OB_REQUEST_INVALID', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['OB_REQUEST_INVALID', 'The length of the body is not what the request says.'],
  FST_ERR_BAD_URL: ['OB_REQUEST_INVALID', 'The path cannot be decoded.'],
};

/** A failure as problem details (RFC 9457); defects and other failures of this side are described without internals. */
export function toProblem(error: unknown): Problem {
  const known = toKnown(error);
  const status = statusOf[known.code] ?? 500;
  const code = status < 500 || known.code in ownFailures ? known.code : 'OB_INTERNAL';
  return {
    type: `urn:observebridge:error:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: status < 500 ? maskSecrets(known.message) : (ownFailures[code] ?? 'The request could not be answered.'),
    code,
    remedy: errorCatalogue[code].remedy,
  };
}

/** Answers with problem details. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

/** Answers what is not HTTP, or did not arrive in time, and hangs up. */
export function refuseBrokenRequest(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const problem = { ...toProblem(invalid('The request is not complete HTTP.')), status, title: STATUS_CODES[status] };
  const body = JSON.stringify(problem);
  const head = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
  socket.end(`HTTP/1.1 ${status} ${problem.title}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}

function toKnown(error: unknown): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const { validation, validationContext, code, statusCode } = Object(error) as Partial<FastifyError>;
  if (validation?.[0]) return invalid(describeViolation(validation[0], validationContext));
  const [known, sentence] = frameworkCodes[code ?? ''] ?? [];
  if (known && sentence) return new ObserveBridgeError(known, 'usage', sentence, error);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return invalid('The request cannot be understood.');
  return new ObserveBridgeError('OB_INTERNAL', 'internal', 'The request could not be answered.', error);
}

/** An `OB_REQUEST_INVALID` with its sentence. */
export function invalid(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_REQUEST_INVALID', 'usage', sentence);
}

interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
}

/** Names the field, never its value. */
function describeViolation(violation: Violation, context = 'request'): string {
  const place = { body: 'the body', querystring: 'the query', params: 'the path', headers: 'the headers' }[context] ?? 'the request';
  const field = violation.instancePath.slice(1).replaceAll('/', '.');
  const names = (key: string): string => [violation.params[key]].flat().map(String).join(', ');
  const within = field === '' ? place : `\`${field}\` in ${place}`;
  if (violation.keyword === 'required') return capitalize(`${within} lacks ${names('requiredProperties')}.`);
  if (violation.keyword === 'boolean') return capitalize(`${within} is not a known field.`);
  return capitalize(`${within} ${violation.message ?? 'is not valid'}.`);
}

function capitalize(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
