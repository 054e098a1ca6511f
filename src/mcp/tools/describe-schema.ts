import { Type } from 'typebox';
import { ObserveBridgeError } from '../../core/error.ts';
import { describeSchema } from '../../store/schema-document.ts';
import { defineTool } from '../tool.ts';

const text = Type.Union([Type.String(), Type.Null()]);

/** `describe_schema`: the tables that `sql` may read. */
export const describeSchemaTool = defineTool({
  name: 'describe_schema',
  title: 'Tables, columns and units',
  description:
    'Lists the tables that the tool sql may read, with what one row is; with `table` also its key and every column with type, unit and meaning.',
  input: { table: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'Only this table, with its columns.' })) },
  output: {
    tables: Type.Array(Type.Object({ name: Type.String(), sentence: text, key: Type.Array(Type.String()) })),
    columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), unit: text, sentence: text }), {
      description: 'Of `table`; empty without it.',
    }),
  },
  async ask({ db }, { table }) {
    const tables = await describeSchema(db);
    const names = tables.map(({ name }) => name).join(', ');
    const asked = table === undefined ? tables : tables.filter(({ name }) => name === table);
    if (asked.length === 0) throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', `There is no table ${table}; there are ${names}.`);
    return {
      summary:
        table === undefined ? `${tables.length} tables; give \`table\` for the columns of one.` : `${table}: ${asked[0]?.sentence ?? ''}`,
      truncated: false,
      provenance: { document: 'observebridge://schema' },
      tables: asked.map(({ columns: _, key, ...rest }) => ({ ...rest, key: [...key] })),
      columns: table === undefined ? [] : asked.flatMap(({ columns }) => columns),
    };
  },
});
