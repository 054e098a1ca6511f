import type { Tool } from '../tool.ts';
import { blastRadiusTool } from './blast-radius.ts';
import { cypherTool } from './cypher.ts';
import { describeSchemaTool } from './describe-schema.ts';
import { driftTool } from './drift.ts';
import { findResourceTool } from './find-resource.ts';
import { neighborsTool } from './neighbors.ts';
import { newPatternsTool } from './new-patterns.ts';
import { pathTool } from './path.ts';
import { rawEvidenceTool } from './raw-evidence.ts';
import { searchKnowledgeTool } from './search-knowledge.ts';
import { serviceHealthTool } from './service-health.ts';
import { sqlTool } from './sql.ts';
import { topologyAtTool } from './topology-at.ts';
import { whatChangedTool } from './what-changed.ts';

/** All tools, in the order in which an incident usually needs them. */
export const tools: readonly Tool[] = [
  ...[findResourceTool, serviceHealthTool, whatChangedTool, newPatternsTool, neighborsTool, blastRadiusTool, pathTool],
  ...[rawEvidenceTool, topologyAtTool, driftTool, searchKnowledgeTool, describeSchemaTool, sqlTool, cypherTool],
];
