/** What a UTF-16 code unit means to the scanner; one bit each, so that an atom's classes are the union of its characters'. */
export const DIGIT = 1;
export const HEX_LETTER = 2;
export const LETTER = 4;
export const DOT = 8;
export const SLASH = 16;
export const DASH = 32;
export const UNDERSCORE = 64;
export const MARK = 128;
export const PUNCTUATION = 256;
export const IDEOGRAPH = 512;
export const REPLACEMENT = 1024;
export const DELIMITER = 2048;
export const SPACE = 4096;
export const MASKED = 8192;

/** Ends an atom. */
export const STOP = DELIMITER | SPACE | MASKED;

/** Stands for text that a configured mask has already declared variable. */
export const MASK_CHARACTER = '\u001a';

const ASCII = new Uint16Array(128).fill(PUNCTUATION);
for (let code = 0; code <= 0x20; code++) ASCII[code] = SPACE;
ASCII[0x7f] = SPACE;
ASCII[0x1a] = MASKED;
const assign = (characters: string, flag: number) => {
  for (const character of characters) ASCII[character.charCodeAt(0)] = flag;
};
assign('0123456789', DIGIT);
assign('abcdefABCDEF', HEX_LETTER);
assign('ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ', LETTER);
assign('.', DOT);
assign('/', SLASH);
assign('-', DASH);
assign('_', UNDERSCORE);
assign('@$', MARK);
assign(',;:=|#"\'()[]{}<>', DELIMITER);

function classOfWide(code: number): number {
  if (code < 0x2000) {
    if (code <= 0xa0) return SPACE;
    if (
      (code >= 0x660 && code <= 0x669) ||
      (code >= 0x6f0 && code <= 0x6f9) ||
      (code >= 0x966 && code <= 0x96f) ||
      (code >= 0xe50 && code <= 0xe59)
    )
      return DIGIT;
    // Thai, Lao, Burmese and Khmer write no spaces between words either.
    if ((code >= 0xe00 && code <= 0xeff) || (code >= 0x1000 && code <= 0x109f) || (code >= 0x1780 && code <= 0x17ff)) return IDEOGRAPH;
    return LETTER;
  }
  if (code <= 0x206f) {
    if (code <= 0x200d || (code >= 0x2028 && code <= 0x202f) || code === 0x205f || code === 0x2060) return SPACE;
    return code === 0x2018 || code === 0x2019 ? LETTER : code >= 0x201a && code <= 0x201f ? DELIMITER : PUNCTUATION;
  }
  if (code < 0x2e80) return PUNCTUATION;
  if (code === 0x3000 || code === 0xfeff) return SPACE;
  if (code <= 0x303f && code >= 0x3001) return DELIMITER;
  if (code >= 0xff10 && code <= 0xff19) return DIGIT;
  if ((code >= 0xff01 && code <= 0xff0f) || (code >= 0xff1a && code <= 0xff20) || (code >= 0xff3b && code <= 0xff40)) return DELIMITER;
  if (code >= 0xff5b && code <= 0xff65) return DELIMITER;
  if (code === 0xfffd || code === 0xfffe || code === 0xffff) return REPLACEMENT;
  if (code >= 0xd800 && code <= 0xdfff) return LETTER;
  return IDEOGRAPH;
}

/** One look-up for every code unit: a branch for ASCII cost 6 % on 162-character lines. */
const CLASSES = Uint16Array.from({ length: 0x10000 }, (_, code) => (code < 128 ? (ASCII[code] ?? PUNCTUATION) : classOfWide(code)));

/**
 * The class bit of a code unit; beyond the end of a text it is space. Digits of the scripts in common use are digits; control characters and all
 * Unicode spaces are space.
 */
export function classOf(code: number): number {
  return CLASSES[code] ?? SPACE;
}
