/**
 * Checks what `demo --once --json` printed: nothing but events, three peers ready, one job completed with a result that
 * learned something. Prints the accuracy.
 */
import { readFileSync } from 'node:fs'

/** Three epochs of `digits` with the demo's model reach about 0.9; guessing gives 0.1. */
const LEAST_ACCURACY = 0.6

const lines = readFileSync(process.argv[2] ?? '', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
/** @type {any[]} */
const events = []
for (const [index, line] of lines.entries()) {
  try {
    const event = JSON.parse(line)
    if (typeof event.event !== 'string' || Number.isNaN(Date.parse(event.time))) throw new Error('no event')
    events.push(event)
  } catch {
    console.error(`line ${index + 1} of stdout is not an event: ${line.slice(0, 200)}`)
    process.exit(1)
  }
}
/** @param {string} name */
const named = (name) => events.filter((event) => event.event === name)

const problems = []
const peers = new Set(named('peer.ready').map((event) => event.peerId))
if (peers.size !== 3) problems.push(`${peers.size} peers told that they are ready, expected 3`)
if (!named('peer.ready').every(({ http }) => /^http:\/\/127\.0\.0\.1:\d+\/$/.test(http))) problems.push('a peer does not say where its dashboard is')
if (!named('job.state').some((event) => event.state === 'completed')) problems.push('no job was completed')
const result = named('job.result').at(-1)
if (result === undefined) problems.push('there is no job.result')
else if (!(result.testAccuracy >= LEAST_ACCURACY)) problems.push(`test accuracy ${result.testAccuracy} is below ${LEAST_ACCURACY}`)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`accuracy ${result.testAccuracy.toFixed(4)} after ${result.steps} steps, ${events.length} events`)
