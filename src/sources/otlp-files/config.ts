import { type Static, Type } from 'typebox';
import { pathField } from '../../core/config-field.ts';

/** What the user writes under `source` to read OTLP-JSON lines. */
export const OtlpFilesConfigSchema = Type.Object(
  {
    type: Type.Literal('otlp_files', { description: "Reads OTLP-JSON lines as the OpenTelemetry collector's file exporter writes them." }),
    path: pathField({
      description:
        'Directory, file or pattern such as `./telemetry/*.json`. In a directory every file below it is read whose name holds `.json`, `.jsonl` or ' +
        '`.ndjson`, rotated (`traces.json.1`) and compressed (`.gz`, `.zst`) ones too.',
    }),
  },
  { additionalProperties: false },
);
/** A validated `otlp_files` source: the path is absolute. */
export type OtlpFilesConfig = Static<typeof OtlpFilesConfigSchema>;
