const UUID = /^(?:urn:uuid:)?(\{)?([0-9a-f]{8})(-?)([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{12})(\})?$/i;

/**
 * Reads a UUID as orchestrators write it (hyphenated, bare hex, upper case, `{…}`, `urn:uuid:…`) into canonical lower case.
 * Returns `undefined` for anything else.
 */
export function parseRunId(text: string): string | undefined {
  const match = UUID.exec(text.trim());
  if (!match || (match[1] === undefined) !== (match[8] === undefined)) return undefined;
  return [match[2], match[4], match[5], match[6], match[7]].join('-').toLowerCase();
}

/** A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then 74 of the bits of `random`, which holds at least 10 bytes. */
export function createRunId(nowMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
