const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** What is known of a search answer once all of it was pushed. */
export interface SplitAnswer {
  /** The answer without its rows, as text; not valid JSON when the answer was cut off. */
  readonly envelope: string;
  readonly rows: number;
  /** Bytes of the longest row. */
  readonly longestRow: number;
}

/** Separates the rows of a search answer from the rest of it while it arrives. */
export interface AnswerSplitter {
  /** Takes the next bytes, which it may overwrite, and returns what they add to the lines of rows. */
  push(chunk: Buffer): Buffer[];
  /** Ends the answer. */
  end(): SplitAnswer;
}

/**
 * Makes one JSON line of each element of `hits`, beginning with the given members. The text of the rows passes through unread, so that
 * integers beyond 2^53 keep their digits and memory holds one chunk, not the answer.
 */
export function createAnswerSplitter(members: string): AnswerSplitter {
  const opening = Buffer.from(`{${members}`);
  const comma = Buffer.from(',');
  const lineEnd = Buffer.from('\n');
  const envelope: Buffer[] = [];
  let depth = 0;
  let inText = false;
  let escaped = false;
  let inHits = false;
  // Whether the row has no member of its own so far: OpenObserve leaves out nulls, and a row of nothing else is {}.
  let bare = false;
  let rows = 0;
  let rowBytes = 0;
  let longestRow = 0;

  const beginsHits = (tail: Buffer): boolean =>
    /"hits"\s*:\s*$/.test(
      Buffer.concat([...envelope, tail])
        .toString('latin1')
        .slice(-64),
    );

  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let start = 0;
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index];
        if (inText) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inText = false;
          continue;
        }
        if (byte === QUOTE) {
          inText = true;
          if (bare) lines.push(comma);
          bare = false;
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth++;
          if (inHits && depth === 3) {
            lines.push(opening);
            bare = true;
            start = index + 1;
            rowBytes = opening.length;
          } else if (!inHits && depth === 2 && byte === OPEN_BRACKET && beginsHits(chunk.subarray(start, index))) {
            envelope.push(Buffer.from(chunk.subarray(start, index + 1)));
            inHits = true;
          }
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          depth--;
          if (inHits && depth === 2) {
            lines.push(chunk.subarray(start, index + 1), lineEnd);
            longestRow = Math.max(longestRow, rowBytes + index + 1 - start);
            bare = false;
            rows++;
          } else if (inHits && depth === 1) {
            inHits = false;
            start = index;
          }
        } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) chunk[index] = 32;
      }
      const rest = chunk.subarray(start);
      if (!inHits) envelope.push(Buffer.from(rest));
      else if (depth >= 3) {
        lines.push(rest);
        rowBytes += rest.length;
      }
      return lines;
    },
    end: () => ({ envelope: Buffer.concat(envelope).toString(), rows, longestRow }),
  };
}
