/** Longest text and pattern that are matched: with at most two repetitions, none inside another, that takes no noticeable time. */
const MAX_TEXT = 512;
const MAX_PATTERN = 200;

/** A regular expression of a document in the form of JavaScript; undefined when it might take long, or means something else here. */
export function toSafePattern(
  pattern: string,
  flags = '',
): { match(text: string): RegExpExecArray | null; replace(text: string, by: string): string } | undefined {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const repetitions = (bare.match(/[*+]|\{\d*,\d*\}/g) ?? []).length;
  if (pattern.length > MAX_PATTERN || repetitions > 2 || /\)[*+{]/.test(bare) || /\(\?[^:=!]|\\[1-9AZ]/.test(pattern)) return undefined;
  try {
    const compiled = new RegExp(pattern, flags);
    return {
      match: (text) => (text.length > MAX_TEXT ? null : compiled.exec(text)),
      replace: (text, by) =>
        text.length > MAX_TEXT
          ? text
          : text.replace(new RegExp(pattern, `${flags}g`), by.replaceAll('$', '$$$$').replace(/\\(\d)/g, '$$$1')),
    };
  } catch {
    return undefined;
  }
}
