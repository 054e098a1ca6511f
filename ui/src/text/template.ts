/** What a template has where its lines differ. */
const VARIABLE = '<*>';
/** Beyond this a line is told by its beginning. */
const LONGEST_LINE = 4000;
const MOST_STARTS = 50;

/** The constant texts of a template in their order; between each two of them is a variable. */
export const toConstants = (template: string): readonly string[] => template.split(VARIABLE);

/**
 * What the variables of a template are in a line, in their order; undefined where the line is not understood. The header of the line is passed
 * over, the message may be a field of a JSON line, and spaces count as one. Of two readings the one with the shorter first value counts.
 */
export function alignTemplate(template: string, line: string): readonly string[] | undefined {
  const whole = line.slice(0, LONGEST_LINE);
  const texts = [whole.split('\n', 1)[0] ?? '', whole, ...readMessages(line)].map((text) => text.replace(/\s+/g, ' ').trim());
  // The names of the other fields of a structured line, and the rest of an event of several lines, come after the message.
  const bare = template.replace(/ \{[^{}]*\}$/, '');
  for (const shape of new Set([template, bare, bare.replace(/ <\*>$/, '')])) {
    for (const text of new Set(texts)) {
      const values = alignText(toConstants(shape), text);
      if (values !== undefined) return values;
    }
  }
  return undefined;
}

function readMessages(line: string): string[] {
  if (!line.startsWith('{')) return [];
  try {
    return Object.values(Object(JSON.parse(line))).filter((value) => typeof value === 'string');
  } catch {
    return [];
  }
}

function alignText(constants: readonly string[], text: string): readonly string[] | undefined {
  const [first = '', ...rest] = constants;
  if (rest.length === 0) return text.endsWith(first) ? [] : undefined;
  if (first === '') return alignLeading(rest, text);
  let start = text.lastIndexOf(first);
  for (let tries = 0; start >= 0 && tries < MOST_STARTS; tries++) {
    const values = alignRest(rest, text, start + first.length);
    if (values !== undefined) return values;
    start = start === 0 ? -1 : text.lastIndexOf(first, start - 1);
  }
  return undefined;
}

/** A message that begins with a variable: it is the last word before what follows it, because nothing tells where the header ends. */
function alignLeading(rest: readonly string[], text: string): readonly string[] | undefined {
  const [next = ''] = rest;
  if (next === '') return rest.length === 1 && text !== '' ? [text.slice(text.lastIndexOf(' ') + 1)] : undefined;
  let end = text.lastIndexOf(next);
  for (let tries = 0; end > 0 && tries < MOST_STARTS; tries++) {
    const values = alignRest(rest, text, text.lastIndexOf(' ', end - 1) + 1);
    if (values !== undefined) return values;
    end = text.lastIndexOf(next, end - 1);
  }
  return undefined;
}

/** The values that stand before each of the constants from a place to the end of the text; each has at least one character. */
function alignRest(constants: readonly string[], text: string, from: number): readonly string[] | undefined {
  const values: string[] = [];
  let place = from;
  for (const [index, constant] of constants.entries()) {
    const isLast = index === constants.length - 1;
    if (isLast && !text.endsWith(constant)) return undefined;
    const end = isLast ? text.length - constant.length : text.indexOf(constant, place + 1);
    if (end <= place) return undefined;
    values.push(text.slice(place, end));
    place = end + constant.length;
  }
  return values;
}
