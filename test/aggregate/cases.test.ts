import { fileURLToPath } from 'node:url';
import { describeCases } from '../support/aggregation-cases.ts';

const directories = {
  'built-in aggregations': fileURLToPath(new URL('../../aggregations', import.meta.url)),
  'the aggregation of the guide': fileURLToPath(new URL('../fixtures/aggregations', import.meta.url)),
  ...(process.env.AGGREGATIONS ? { [process.env.AGGREGATIONS]: process.env.AGGREGATIONS } : {}),
};

for (const [title, directory] of Object.entries(directories)) describeCases(title, directory);
