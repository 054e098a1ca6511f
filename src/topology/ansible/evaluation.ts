import type { Marks } from './marks.ts';
import type { RunValue } from './run-value.ts';
import type { ParseTemplate } from './template-tree.ts';

/** Looks a name up outside the template. */
export type Lookup = (name: string) => RunValue;

/** What an evaluation works with. `steps` only goes down; at zero evaluation ends. */
export interface Evaluation {
  readonly marks: Marks;
  readonly parse: ParseTemplate;
  /** Text of another template that this one includes, by the name it gives; undefined when there is none. */
  readonly include: (name: string) => string | undefined;
  /** Reports what is not evaluated; `hides` when an address is lost by it. */
  readonly report: (what: string, hides: boolean) => void;
  readonly budget: { steps: number };
}

/** What filters and methods work with. */
export interface FilterContext {
  readonly evaluation: Evaluation;
  /** The value as a template prints it. */
  readonly toText: (value: RunValue) => string;
}
