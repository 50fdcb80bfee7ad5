/**
 * Prints "PASSED FAILED" of a Vitest JSON report: tests, and files that could not even be loaded. A missing or empty
 * report counts as one failure: a run that tested nothing is not green.
 */
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 0
try {
  const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  for (const file of report.testResults) {
    const results = file.assertionResults.map((/** @type {{ status: string }} */ test) => test.status)
    passed += results.filter((/** @type {string} */ status) => status === 'passed').length
    failed += results.filter((/** @type {string} */ status) => status === 'failed').length
    if (file.status === 'failed' && !results.includes('failed')) failed++
  }
} catch (error) {
  process.stderr.write(`no test report: ${error instanceof Error ? error.message : error}\n`)
  failed++
}
if (passed === 0 && failed === 0) failed = 1
process.stdout.write(`${passed} ${failed}\n`)
