import type { Problem } from '../../core/observation.ts';
import { Unreadable } from './value.ts';

/** What a person should know about the documents, each said once. */
export interface Problems {
  /** Reports that `file` has something the matter; `what` completes the sentence that begins with the file. */
  add(file: string, what: string, hides: boolean): void;
  list(): readonly Problem[];
}

export function createProblems(): Problems {
  const problems = new Map<string, Problem>();
  return {
    add(file, what, hides) {
      const text = `${file || 'The tree'} ${what}.`;
      problems.set(`${text} ${hides}`, { file, text, hides });
    },
    list: () => [...problems.values()].sort((a, b) => (a.text < b.text ? -1 : 1)),
  };
}

/** Runs a reading step; what it cannot understand becomes a problem that hides, and the answer is undefined. */
export async function attempt<T>(problems: Problems, file: string, read: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    problems.add(file, error.message, true);
    return undefined;
  }
}
