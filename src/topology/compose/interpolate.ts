/** Replaces `$NAME`, `${NAME}` and their forms with defaults; names without a value become empty and are handed to `missing`. `$$` is a dollar. */
export function interpolate(text: string, lookUp: (name: string) => string | undefined, missing: (name: string) => void): string {
  let at = 0;

  /** Reads to the end, or to the brace that closes the expression in which the text stands. */
  const read = (isInner: boolean, isUsed: boolean): string => {
    let out = '';
    while (at < text.length) {
      const character = text[at++] ?? '';
      if (isInner && character === '}') return out;
      if (character !== '$') {
        out += character;
        continue;
      }
      const rest = text.slice(at);
      const [plain] = /^[A-Za-z_]\w*/.exec(rest) ?? [];
      const [braced, name = '', operator = ''] = /^\{([A-Za-z_]\w*)(:?[-?+]|(?=\}))/.exec(rest) ?? [];
      if (rest.startsWith('$')) {
        at++;
        out += '$';
      } else if (plain !== undefined) {
        at += plain.length;
        out += valueOr(plain, isUsed);
      } else if (braced !== undefined) {
        at += braced.length;
        const value = lookUp(name);
        const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
        const isAlternative = operator.endsWith('+');
        const isDefault = operator.endsWith('-');
        const word = read(true, isUsed && (isAlternative ? isSet : isDefault && !isSet));
        if (isAlternative) out += isSet ? word : '';
        else out += isSet ? value : isDefault ? word : valueOr(name, isUsed);
      } else out += '$';
    }
    return out;
  };
  const valueOr = (name: string, isUsed: boolean): string => {
    const value = lookUp(name);
    if (value === undefined && isUsed) missing(name);
    return value ?? '';
  };
  return read(false, true);
}
