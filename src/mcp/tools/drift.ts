import { Type } from 'typebox';
import { DriftSchema } from '../../api/contract.ts';
import { DAY, formatTime } from '../../core/time.ts';
import { listDrift } from '../../store/topology-drift.ts';
import { limitInput, rangeInput, readCallRange } from '../input.ts';
import { hintAtRows } from '../refine.ts';
import { defineTool } from '../tool.ts';

const { items, windows, windows_with_data } = DriftSchema.properties;

/** `drift`: where the declared topology and the observed calls differ. */
export const driftTool = defineTool({
  name: 'drift',
  title: 'Declared against observed',
  description:
    'Lists dependencies that documents (Terraform, Kubernetes, Ansible …) declare and that no call shows, and calls that nothing declares. A declared edge without traffic at either end (`src_windows`, `dst_windows` 0) proves nothing.',
  input: { ...rangeInput('the newest day with calls'), limit: limitInput(50, 500) },
  output: {
    ...{ from: Type.String({ format: 'date-time' }), to: Type.String({ format: 'date-time' }) },
    ...{ drift: items, windows, windows_with_data },
  },
  async ask(question, { limit = 50, ...bounds }) {
    const { from, to } = await readCallRange(question, bounds, DAY);
    const report = await listDrift(question.db, { tenantId: question.tenantId, from, to, limit });
    const undeclared = report.items.filter(({ drift }) => drift === 'observed_not_declared').length;
    return {
      summary: `${report.items.length - undeclared} edges are declared and not observed, ${undeclared} observed and not declared${report.nextOffset === undefined ? '' : '; there are more'}.`,
      hint: report.windows_with_data > 0 ? undefined : await hintAtRows(question, 'service_call_5m', { from, to }),
      truncated: report.nextOffset !== undefined,
      provenance: { tables: ['service_call_5m', 'topo_edge_time'] },
      ...{ from: formatTime(from), to: formatTime(to), windows: report.windows, windows_with_data: report.windows_with_data },
      drift: report.items.map((drift) => ({ ...drift, declared_by: [...drift.declared_by] })),
    };
  },
});
