/** The file in which a native process keeps its measurements of kernels. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceReport } from '../../../../kernels/report.ts'
import { nativeRetuning, nativeTuning } from '../../../../node/compute/tuning.ts'

const report = (description: string): DeviceReport => ({
  ...{ vendor: 'nvidia', architecture: 'hopper', description, backend: 'vulkan', type: 'discrete' },
  ...{ features: [], limits: {} },
})
const choice = (variant: string) => ({ variant, microseconds: { [variant]: 10 }, rejected: {} })

describe('measurements of kernels on disk', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cyxwiz-tuning-'))
    path = join(folder, 'data', 'kernels.json')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const open = (driver: string, again = false) => (again ? nativeRetuning(path)(report(driver)) : nativeTuning(path)(report(driver), 'gpu'))
  const measure = (tuning: ReturnType<typeof open>, shapeClass: string, variant: string) => {
    tuning.table.add(shapeClass, choice(variant))
    tuning.changed(tuning.table)
  }

  it('are there for the next process on the same driver, and gone for another driver', () => {
    measure(open('NVIDIA: 550.1'), 'matmul', 'tile-64')
    expect(open('NVIDIA: 550.1').table.get('matmul')?.variant).toBe('tile-64')
    expect(open('NVIDIA: 560.2').table.get('matmul')).toBeUndefined()
    expect(readdirSync(join(folder, 'data'))).toEqual(['kernels.json'])
  })

  it('of two processes are both kept; measuring again replaces shape by shape', () => {
    const [one, other] = [open('a'), open('a')]
    measure(one, 'matmul', 'tile-64')
    measure(other, 'conv', 'strip')
    measure(open('a', true), 'matmul', 'tile-128')
    expect(
      open('a')
        .table.entries()
        .map(([name, { variant }]) => [name, variant]),
    ).toEqual([
      ['conv', 'strip'],
      ['matmul', 'tile-128'],
    ])
  })

  it('are taken at first use on a GPU, on a software adapter only when asked for', () => {
    expect(open('a').missing).toBe('measure')
    expect(nativeTuning(path)(report('a'), 'cpu').missing).toBe('guess')
    expect(open('a', true).missing).toBe('measure')
  })

  it('stand while a process lives, guesses too: a device that is opened again chooses as before', () => {
    const process = nativeTuning(path)
    const { table } = process(report('a'), 'gpu')
    table.guess('conv')
    measure(open('a'), 'conv', 'strip')
    const { table: again } = process(report('a'), 'gpu')
    expect([again.has('conv'), again.get('conv')]).toEqual([true, undefined])
    expect(open('a').table.get('conv')?.variant, 'another process knows better').toBe('strip')
  })

  it('that cannot be read or written last as long as the process', () => {
    writeFileSync(join(folder, 'data'), 'a file where a folder should be')
    const tuning = open('a')
    measure(tuning, 'matmul', 'tile-64')
    expect(tuning.table.get('matmul')?.variant).toBe('tile-64')
    expect(existsSync(path)).toBe(false)
  })
})
