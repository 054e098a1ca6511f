import { ObserveBridgeError } from '../core/error.ts';
import { readEvidence } from './read-evidence.ts';
import type { Source } from './source.ts';

/** What a source says of objects that exist and are well, but that it cannot read. */
const unreadable: ReadonlySet<string> = new Set(['OB_SOURCE_FORMAT_UNSUPPORTED', 'OB_SOURCE_LISTING_UNSAFE']);

/**
 * Reads from `first`, and from `second` the ranges in which `first` finds objects of a format it cannot read, or cannot tell which objects are
 * live. Both must hold the same telemetry. Disposing it disposes both.
 */
export function createFallbackSource(first: Source, second: Source): Source {
  return {
    ...first,
    async open(ranges, session, signal) {
      try {
        return await first.open(ranges, session, signal);
      } catch (error) {
        if (error instanceof ObserveBridgeError && unreadable.has(error.code)) return second.open(ranges, session, signal);
        throw error;
      }
    },
    async readEvidence(place, bounds, session, signal) {
      try {
        return await readEvidence(first, place, bounds, session, signal);
      } catch (error) {
        if (error instanceof ObserveBridgeError && unreadable.has(error.code)) return readEvidence(second, place, bounds, session, signal);
        throw error;
      }
    },
    async check(signal) {
      const [own, others] = await Promise.all([first.check(signal), second.check(signal)]);
      return [...own, ...others.map((finding) => ({ ...finding, text: `Fallback: ${finding.text}` }))];
    },
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}
