/**
 * Which parts of a JSON document are wanted: a part that is taken is parsed whole and handed over under its name; a part that is entered is walked,
 * by key (`*` for any other, `[]` for the elements of a list), and its end may be announced under a name. What is not named is skipped.
 */
export type JsonShape = { readonly take: string } | { readonly enter: Readonly<Record<string, JsonShape>>; readonly end?: string };

/** Receives parts in the order of the document: name, parsed value (`undefined` for an end) and the key or index under which it stands. */
export type JsonVisit = (name: string, value: unknown, key: string) => void;

interface Frame {
  readonly shape: JsonShape;
  readonly isList: boolean;
  readonly key: string;
  index: number;
  pendingKey: string;
  expects: 'first' | 'colon' | 'value' | 'comma' | 'next';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SKIPPED: JsonShape = { enter: {} };

/**
 * Walks a JSON document that comes in pieces, holding only the part that is being read. Resolves to what is wrong with the document as the
 * end of a sentence (never its content), or to `undefined`; parts before the damage have been visited by then.
 */
export async function readJson(pieces: AsyncIterable<Uint8Array>, shape: JsonShape, visit: JsonVisit): Promise<string | undefined> {
  const walk = createWalk(shape, visit);
  for await (const piece of pieces) {
    const damage = walk.add(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    if (damage !== undefined) return damage;
  }
  return walk.end();
}

function createWalk(root: JsonShape, visit: JsonVisit) {
  const stack: Frame[] = [];
  let offset = 0;
  let isDone = false;
  let isStarted = false;
  /** The value or key that is being read: its shape, its bytes so far when they are wanted, and where in it the walk is. */
  let part: { readonly shape: JsonShape | 'key'; readonly isWanted: boolean; kind: 'string' | 'container' | 'scalar' } | undefined;
  let held: Buffer[] = [];
  let depth = 0;
  let inString = false;
  let isEscaped = false;

  const top = (): Frame | undefined => stack[stack.length - 1];
  const damageAt = (at: number): string => `is no valid JSON at byte ${offset + at}`;

  /** Hands over what ended; false when it does not parse. */
  const finish = (bytes: Buffer): boolean => {
    const ended = part;
    part = undefined;
    const frame = top();
    if (ended?.isWanted) {
      let value: unknown;
      try {
        value = JSON.parse(held.length === 0 ? bytes.toString('utf8') : Buffer.concat([...held, bytes]).toString('utf8'));
      } catch {
        return false;
      }
      held = [];
      if (ended.shape === 'key') {
        if (frame) frame.pendingKey = String(value);
      } else if ('take' in ended.shape) visit(ended.shape.take, value, frame?.pendingKey ?? '');
    }
    if (frame) frame.expects = ended?.shape === 'key' ? 'colon' : 'comma';
    else isDone = true;
    return true;
  };

  /** Where the part that is being read ends in the piece, or -1 when it goes on. */
  const endOfPart = (bytes: Buffer, from: number): number => {
    const { length } = bytes;
    let at = from;
    if (part?.kind === 'scalar') {
      for (; at < length; at++) {
        const byte = bytes[at];
        if (byte === 0x2c || byte === 0x5d || byte === 0x7d || isSpace(byte)) return at;
      }
      return -1;
    }
    const isString = part?.kind === 'string';
    while (at < length) {
      if (inString) {
        for (; at < length; at++) {
          const byte = bytes[at];
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) {
            inString = false;
            break;
          }
        }
        if (inString) return -1;
        at++;
        if (isString) return at;
      } else {
        const byte = bytes[at++];
        if (byte === QUOTE) inString = true;
        else if (byte === 0x7b || byte === 0x5b) depth++;
        else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at;
      }
    }
    return -1;
  };

  const startPart = (shape: JsonShape | 'key', byte: number | undefined): void => {
    const kind = byte === QUOTE ? 'string' : byte === 0x7b || byte === 0x5b ? 'container' : 'scalar';
    // A scalar is parsed also where it is not wanted, because only so is it known to be one.
    part = { shape, kind, isWanted: shape === 'key' || 'take' in shape || kind === 'scalar' };
    depth = 0;
    inString = false;
    isEscaped = false;
  };

  const startValue = (byte: number | undefined): 'entered' | 'part' => {
    const frame = top();
    const shape = frame ? shapeOf(frame) : root;
    isStarted = true;
    if ('enter' in shape && shape !== SKIPPED && (byte === 0x7b || byte === 0x5b)) {
      stack.push({ shape, isList: byte === 0x5b, key: frame?.pendingKey ?? '', index: 0, pendingKey: '', expects: 'first' });
      return 'entered';
    }
    startPart(shape, byte);
    return 'part';
  };

  const closeFrame = (): void => {
    const frame = stack.pop();
    if (frame && 'enter' in frame.shape && frame.shape.end !== undefined) visit(frame.shape.end, undefined, frame.key);
    const parent = top();
    if (parent) parent.expects = 'comma';
    else isDone = true;
  };

  const add = (bytes: Buffer): string | undefined => {
    let at = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (at < bytes.length) {
      if (part !== undefined) {
        const end = endOfPart(bytes, at);
        if (end < 0) {
          if (part.isWanted) held.push(bytes.subarray(at));
          break;
        }
        if (!finish(bytes.subarray(at, end))) return damageAt(end);
        at = end;
        continue;
      }
      const byte = bytes[at];
      if (isSpace(byte)) {
        at++;
        continue;
      }
      const frame = top();
      if (isDone) return damageAt(at);
      if (!frame) {
        if (startValue(byte) === 'entered') at++;
        continue;
      }
      const isClosing = byte === (frame.isList ? 0x5d : 0x7d);
      if (isClosing && (frame.expects === 'first' || frame.expects === 'comma')) {
        closeFrame();
        at++;
      } else if (frame.expects === 'comma') {
        if (byte !== 0x2c) return damageAt(at);
        frame.expects = 'next';
        frame.index++;
        at++;
      } else if (frame.expects === 'colon') {
        if (byte !== 0x3a) return damageAt(at);
        frame.expects = 'value';
        at++;
      } else if (!frame.isList && frame.expects !== 'value') {
        if (byte !== QUOTE) return damageAt(at);
        startPart('key', byte);
      } else {
        if (frame.isList) frame.pendingKey = String(frame.index);
        if (startValue(byte) === 'entered') at++;
      }
    }
    offset += bytes.length;
    return undefined;
  };

  return {
    add,
    end: (): string | undefined => {
      if (part?.kind === 'scalar' && stack.length === 0 && !finish(Buffer.alloc(0))) return damageAt(0);
      if (!isStarted) return 'is empty';
      return isDone ? undefined : `ends too early, after ${offset} bytes`;
    },
  };
}

function shapeOf({ shape, isList, pendingKey }: Frame): JsonShape {
  if (!('enter' in shape)) return SKIPPED;
  const wanted = isList ? '[]' : pendingKey;
  return (Object.hasOwn(shape.enter, wanted) ? shape.enter[wanted] : isList ? undefined : shape.enter['*']) ?? SKIPPED;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
