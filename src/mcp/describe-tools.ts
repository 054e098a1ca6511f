import type { TSchema } from 'typebox';
import { tools } from './tools/index.ts';

/** The reference of the tools as Markdown: what each is for, and its arguments. */
export function describeTools(): string {
  const lines = [
    '# Tools of the MCP server',
    '',
    'Every answer also has `summary`, `hint` where it helps, `truncated`, `tenant_id`, `as_of` and `provenance`. Where the caller may see several',
    'tenants, every tool also takes `tenant_id`. `npm run docs` writes this file from the schemas of the tools.',
  ];
  for (const { name, description, input } of tools) {
    lines.push('', `## ${name}`, '', description, '', '| argument | type | meaning |', '|---|---|---|');
    for (const [argument, schema] of Object.entries(input.properties)) {
      const needed = input.required?.includes(argument) ? ', required' : '';
      lines.push(`| \`${argument}\` | ${describeType(schema)}${needed} | ${cell(String(Object(schema).description ?? ''))} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function describeType(schema: TSchema): string {
  const {
    type,
    enum: names,
    minimum,
    maximum,
    items,
  } = Object(schema) as {
    type?: string;
    enum?: readonly string[];
    minimum?: number;
    maximum?: number;
    items?: TSchema;
  };
  if (names) return names.map((name) => `\`${name}\``).join(', ');
  if (type === 'array' && items) return `list of ${describeType(items)}`;
  const bounds = minimum === undefined || maximum === undefined ? '' : ` ${minimum} to ${maximum}`;
  return `${type === 'string' ? 'text' : type}${bounds}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
