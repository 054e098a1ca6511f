import { posix } from 'node:path';
import { throwIfAborted } from '../../core/error.ts';
import type { Draft } from '../draft.ts';
import { listOf, textOf } from '../fields.ts';
import { parseLocatedYaml } from '../located-yaml.ts';
import type { ReadRequest } from '../reader.ts';
import { cutYaml } from '../yaml-pieces.ts';

/** Paths of the files that kustomizations of the tree use as patches, which are parts of objects only. Reports each kustomization that has some. */
export async function listKustomized({ tree, files, signal }: ReadRequest, draft: Draft): Promise<string[]> {
  const patches: string[] = [];
  for (const { path } of files) {
    if (!/(?:^|\/)kustomization\.ya?ml$|(?:^|\/)Kustomization$/.test(path)) continue;
    try {
      for await (const { text, firstLine } of cutYaml(tree.stream(path, signal))) {
        const parsed = parseLocatedYaml(text, firstLine);
        const value = typeof parsed === 'string' ? undefined : parsed.value;
        const named = [...listOf(value, 'patches'), ...listOf(value, 'patchesJson6902')].map((patch) => textOf(patch, 'path'));
        const found = [...named, ...listOf(value, 'patchesStrategicMerge')].filter((name) => typeof name === 'string');
        if (found.length === 0 && listOf(value, 'patches').length === 0) continue;
        patches.push(...found.map((name) => posix.join(posix.dirname(path), name)));
        const said = `${path} patches manifests, and they are read as they were before; the output of kustomize build can be read.`;
        draft.problem({ file: path, text: said, hides: false });
      }
    } catch {
      // Reading the manifests reports a file that cannot be read.
      throwIfAborted(signal);
    }
  }
  return patches;
}
