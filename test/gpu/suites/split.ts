/**
 * Nodes cut for a small binding whose kernels are told which share they have, against the float64 reference and against the
 * node in one piece. Rules that only take other rows are proved without a device (`unit/kernels/split`).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASELINE_CAPS } from '../../../kernels/device/caps.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import type { KernelVariant } from '../../../kernels/ops/op.ts'
import { fitDispatches } from '../../../kernels/plan/split.ts'
import type { PlannedDispatch } from '../../../kernels/plan/types.ts'
import { type SplitCase, splitCases } from '../../op-cases/split.ts'
import type { DeviceProvider } from './provider.ts'
import { dispatchOf, relativeError, runDispatches } from './run-variant.ts'

const TOLERANCE = 1e-5
/** One: what takes time is compiling, a kernel for each size of piece. Others have been tried. */
const SEED = 1

export function splitSuite(provider: DeviceProvider): void {
  describe('nodes larger than a binding', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    const cases = splitCases(SEED).filter(({ op, attributes, inputs, outputs, maxBytes }) => {
      const pieces = op.split?.({ attributes, inputs, outputs }, maxBytes)
      return pieces?.some((piece) => piece.attributes !== attributes)
    })
    it.each(cases.map((opCase) => [opCase.title, opCase] as const))('%s', (_, opCase) => check(opCase, () => true))

    // What a software adapter would not choose.
    const products = cases.filter(({ op, title }) => op.name === 'matmul' && !title.endsWith('extras'))
    it.each(products.flatMap((opCase) => ['tile-64', 'plain'].map((name) => [opCase.title, name, opCase] as const)))('%s by %s', (_, name, opCase) =>
      check(opCase, (variant) => variant.name === name),
    )

    async function check(opCase: SplitCase, wanted: (variant: KernelVariant) => boolean): Promise<void> {
      const { op, attributes, inputs, outputs, values, step, maxBytes } = opCase
      const chosen = (dispatch: PlannedDispatch): PlannedDispatch => ({
        ...dispatch,
        variants: (caps) => [...dispatch.variants(caps), ...dispatch.variants(BASELINE_CAPS)].filter(wanted),
      })
      const node = dispatchOf(opCase)
      const pieces = fitDispatches([node], maxBytes)
      expect(pieces.length).toBeGreaterThan(1)
      for (const { bindings } of pieces) for (const { sizeBytes } of bindings) expect(sizeBytes).toBeLessThanOrEqual(maxBytes)
      const rounded = values.map((value) => Float64Array.from(value, Math.fround))
      const expected = op.reference(rounded, { attributes, inputs, outputs }, step)
      const actual = await runDispatches(device, opCase, pieces.map(chosen))
      expected.forEach((output, i) => {
        expect(relativeError(actual[i] as Float32Array, output), `output ${i}`).toBeLessThan(TOLERANCE)
      })
      expect(actual, 'the same bits as in one piece').toEqual(await runDispatches(device, opCase, [chosen(node)]))
    }
  })
}
