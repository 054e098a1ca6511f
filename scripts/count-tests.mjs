// Prints "<passed> <failed>" from vitest's JSON report: `node scripts/count-tests.mjs <report> <exit status of vitest>`.
// A file that could not be loaded, a missing report and a run without tests count as one failure each.
import { readFileSync } from 'node:fs';

const [path, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) failed += 1;
  }
  passed = report.numPassedTests;
  failed += report.numFailedTests;
} catch {
  failed = 1;
}
if (passed + failed === 0 || (failed === 0 && status !== '0')) failed = 1;
console.log(passed, failed);
