import { describeBucketFailure } from '../../core/bucket.ts';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { Problem } from '../../core/observation.ts';
import { maskSecrets } from '../../core/secret.ts';

/** What a cloud answered to the lists asked of one region. */
export interface ApiLists {
  /** What `ask` gives, or nothing and a problem that hides when the cloud does not answer; rejects with `OB_CANCELED` only. `action` is as permissions name it: `ec2:DescribeVpcs`. */
  list<Item>(action: string, ask: () => Promise<readonly Item[]>): Promise<readonly Item[]>;
  readonly problems: readonly Problem[];
  /** The reason why the region cannot be read at all: there were lists, and none was answered. */
  failure(): ObserveBridgeError | undefined;
}

/** Asks one region for lists; a list that is refused leaves the others alone. `describe` names what went wrong without a value. */
export function createApiLists(cloud: string, region: string, signal: AbortSignal, describe: (error: unknown) => string): ApiLists {
  const problems: Problem[] = [];
  let answered = 0;
  let cause: unknown;
  return {
    problems,
    async list(action, ask) {
      throwIfAborted(signal);
      try {
        const items = await ask();
        answered += 1;
        return items;
      } catch (error) {
        throwIfAborted(signal);
        cause ??= error;
        problems.push({ file: action, text: `${cloud} did not answer ${action} in ${region}: ${describe(error)}.`, hides: true });
        return [];
      }
    },
    failure() {
      const [first] = problems;
      if (answered > 0 || first === undefined) return undefined;
      const { name } = describeBucketFailure(cause);
      return new ObserveBridgeError('OB_TOPOLOGY_UNREADABLE', 'read', first.text, new Error(maskSecrets(name)));
    },
  };
}
