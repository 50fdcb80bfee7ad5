/**
 * Is the simulator worth its time? Each mutant switches off one rule of the protocol; the simulator must notice. The code
 * is changed in a copy, run as a process of its own, and thrown away:
 *
 *   npm run sim:mutants              all of them
 *   npm run sim:mutants -- vote      those with "vote" in their name
 *
 * A mutant whose text is not found exactly once is an error: the rule has moved, and the mutant must follow it.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MUTANTS, type Mutant, mutated } from './mutant-list.ts'

const SEEDS = 1500
/** Processes at a time. */
const PARALLEL = 2

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

async function survives(mutant: Mutant): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-mutant-'))
  try {
    for (const part of ['protocol', 'test/sim', 'kernels', 'package.json', 'tsconfig.json']) {
      mkdirSync(join(folder, part, '..'), { recursive: true })
      cpSync(join(root, part), join(folder, part), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const file = join(folder, mutant.file)
    writeFileSync(file, mutated(readFileSync(file, 'utf8'), mutant))
    const seeds = ['--seeds', String(mutant.seeds ?? SEEDS), '--layer', mutant.layer, '--stop']
    await run(process.execPath, ['--import', 'tsx', 'test/sim/run.ts', ...seeds], { cwd: folder, maxBuffer: 1 << 24 })
    return ''
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    if (stderr === undefined) throw error
    return stderr.split('\n')[0]?.slice(0, 140) ?? ''
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const wanted = process.argv.slice(2)
const queue = MUTANTS.filter((mutant) => wanted.length === 0 || wanted.some((word) => mutant.name.includes(word)))
const survivors: string[] = []
const total = queue.length

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const startedAt = performance.now()
    const caught = await survives(mutant)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    if (caught === '') survivors.push(mutant.name)
    console.log(`${caught === '' ? 'SURVIVES' : 'caught  '} ${mutant.name} (${seconds} s)${caught === '' ? '' : `: ${caught}`}`)
  }
}

await Promise.all(Array.from({ length: PARALLEL }, work))
console.log(`${total - survivors.length} of ${total} mutants caught`)
process.exitCode = survivors.length > 0 ? 1 : 0
