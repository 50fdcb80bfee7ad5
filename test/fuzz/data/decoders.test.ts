/**
 * Whatever bytes arrive, a decoder either answers or throws a KernelError. Anything else (a TypeError, a hang, memory by
 * what a header claims) is a bug. Inputs are valid files with bytes changed, cut out or repeated, which get further into
 * a decoder than noise does. A failing run prints its seed and path; `FUZZ_SEED=… npm run test:fuzz` replays it.
 */
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { csvDataset } from '../../../kernels/data/csv.ts'
import { parseIdx } from '../../../kernels/data/idx.ts'
import { parseSafetensors, tensorOf, writeSafetensors } from '../../../kernels/data/safetensors.ts'
import { tensorDataset } from '../../../kernels/data/tensor-dataset.ts'
import { KernelError } from '../../../kernels/errors.ts'
import { changes, mutate, numRuns, seed } from '../mutate.ts'

const tensors = writeSafetensors([
  tensorOf(
    'x',
    [4, 3],
    Float32Array.from({ length: 12 }, (_, i) => i),
  ),
  tensorOf('y', [4], BigInt64Array.from([0n, 1n, 2n, 1n])),
])
const idx = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
const table = new TextEncoder().encode('a,"b ""q""",label\r\n1,2.5e3,cat\r\n-4,.5,"dog, wet"\r\n')

const decoders: readonly [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['safetensors', tensors, (bytes) => parseSafetensors(bytes)],
  ['safetensors data', tensors, (bytes) => tensorDataset(bytes)],
  ['IDX', idx, (bytes) => parseIdx(bytes)],
  ['CSV', table, (bytes) => csvDataset(bytes, { label: 'label', regression: false })],
  ['CSV without names', table, (bytes) => csvDataset(bytes, { label: null, regression: true })],
]

describe.each(decoders)('%s', (_, valid, decode) => {
  const survives = (bytes: Uint8Array): void => {
    try {
      decode(bytes)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
    }
  }

  it('survives changed files', () => {
    fc.assert(
      fc.property(changes, (list) => survives(mutate(valid, list))),
      { seed, numRuns },
    )
  })

  it('survives noise and every prefix', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => survives(bytes)),
      { seed, numRuns: numRuns / 10 },
    )
    for (let length = 0; length < valid.length; length++) survives(valid.subarray(0, length))
  })
})
