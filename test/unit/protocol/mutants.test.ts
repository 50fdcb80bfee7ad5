/** The mutants of the simulator still fit the code; `npm run sim:mutants` runs them. */
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { MUTANTS, mutated } from '../../sim/mutant-list.ts'

describe('mutants of the simulator', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('finds the rule of "%s" in the code', (_, mutant) => {
    mutated(readFileSync(new URL(`../../../${mutant.file}`, import.meta.url), 'utf8'), mutant)
  })
})
