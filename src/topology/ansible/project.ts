import { type Parsed, parseDocument } from './document.ts';
import { directoryOf, joinPath, type Library } from './library.ts';
import { attempt, type Problems } from './problems.ts';
import { isList, isMapping, type Mapping, type Value, type Variables } from './value.ts';
import { findVarsFiles, readAllVariables } from './vars-files.ts';

/** A list of plays or tasks in a file. */
export interface Document {
  readonly file: string;
  readonly parsed: Parsed;
  readonly items: readonly Mapping[];
}

/** A role in the tree. */
export interface Role {
  readonly name: string;
  readonly path: string;
  /** Names or mappings of the roles it depends on. */
  readonly dependencies: readonly Value[];
}

/** Playbooks, roles and templates of a tree, each read once. */
export interface Project {
  readonly library: Library;
  readonly problems: Problems;
  /** A file of plays or tasks; undefined when it cannot be understood, which is reported. */
  document(file: string): Promise<Document | undefined>;
  /** The merged variables of the files at paths without extension, such as `roles/web/defaults/main`. */
  variables(path: string): Promise<Variables>;
  /** The role of a name as a playbook in `directory` finds it; undefined when it is not in the tree, which is reported. */
  role(name: string, directory: string, mentionedIn: string): Promise<Role | undefined>;
  /** The first of the paths without extension that is a file of tasks. */
  tasksFile(path: string): string | undefined;
  /** Text of a template with those that it includes, or undefined when it cannot be read, which is reported. */
  template(file: string): Promise<string | undefined>;
  /** Text of a template that was read before. */
  includedTemplate(name: string, from: string): string | undefined;
}

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

/** Keeps the answer of a question that is asked again. */
function once<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const answer = known.get(key) ?? read(key);
    known.set(key, answer);
    return answer;
  };
}

async function readList(library: Library, problems: Problems, file: string): Promise<Document | undefined> {
  return attempt(problems, file, async () => {
    const text = await library.text(file);
    if (text.startsWith('$ANSIBLE_VAULT')) {
      problems.add(file, 'is encrypted by the vault; what it does is not known', true);
      return undefined;
    }
    const parsed = parseDocument(text);
    return { file, parsed, items: isList(parsed.value) ? parsed.value.filter(isMapping) : [] };
  });
}

export function createProject(library: Library, problems: Problems, rolesPaths: readonly string[]): Project {
  const templates = new Map<string, string>();
  const tasksFile = (path: string): string | undefined =>
    EXTENSIONS.map((extension) => path + extension).find((file) => library.paths.has(file));
  const document = once((file) => readList(library, problems, file));
  const variables = once(async (path): Promise<Variables> => readAllVariables(library, problems, findVarsFiles(library, path)));
  const roleAt = once(async (path): Promise<readonly Value[]> => {
    const meta = tasksFile(`${path}/meta/main`);
    if (meta === undefined) return [];
    const value = await attempt(problems, meta, async () => parseDocument(await library.text(meta)).value);
    const dependencies = isMapping(value) ? value.get('dependencies') : undefined;
    return isList(dependencies) ? dependencies : [];
  });
  const pathsIncluded = (name: string, from: string): string[] =>
    [joinPath(directoryOf(from), name), ...searchPaths(directoryOf(from), name)].filter((path) => path !== undefined);
  const template = once(async (file): Promise<string | undefined> => {
    const text = await attempt(problems, file, () => library.text(file));
    if (text === undefined) return undefined;
    templates.set(file, text);
    for (const [, name = ''] of text.matchAll(/\{%[-+]?\s*(?:include|import|from)\s+['"]([^'"]+)['"]/g)) {
      const included = pathsIncluded(name, file).find((path) => library.paths.has(path));
      if (included !== undefined && !templates.has(included)) await template(included);
    }
    return text;
  });
  return {
    ...{ library, problems, document, variables, tasksFile, template },
    includedTemplate: (name, from) =>
      pathsIncluded(name, from)
        .map((path) => templates.get(path))
        .find((text) => text !== undefined),
    async role(name, directory, mentionedIn) {
      const parts = name.split('.');
      const inCollection = parts.length === 3 ? [`collections/ansible_collections/${parts[0]}/${parts[1]}/roles/${parts[2]}`] : [];
      const candidates = [joinPath(directory, 'roles', name), ...rolesPaths.map((path) => joinPath(path, name)), ...inCollection];
      const above = [joinPath(directory, '..', 'roles', name), joinPath('roles', name), joinPath(directory, name), joinPath(name)];
      const path = [...candidates, ...above].find((each) => each !== undefined && each !== '' && isRole(library, each));
      if (path !== undefined) return { name, path, dependencies: await roleAt(path) };
      problems.add(mentionedIn, `uses the role ${name}, which is not in the tree`, false);
      return undefined;
    },
  };
}

function isRole(library: Library, path: string): boolean {
  return ['tasks', 'defaults', 'vars', 'meta', 'templates', 'handlers'].some((each) => library.isDirectory(`${path}/${each}`));
}

/** Where templates lie that templates in a directory include: beside it and in the `templates` directory above. */
function searchPaths(directory: string, name: string): (string | undefined)[] {
  const parts = directory.split('/');
  const at = parts.lastIndexOf('templates');
  return at < 0 ? [] : [joinPath(parts.slice(0, at + 1).join('/'), name), joinPath(parts.slice(0, at).join('/'), name)];
}
