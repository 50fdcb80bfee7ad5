/** This program as a contender, and the checks that come before any timing. */
import { createEngine, type GpuEngine, initialParameters, type KernelDevice, layoutOf, referenceGradient } from '../../../kernels/index.ts'
import { FailedError } from '../../cli/errors.ts'
import type { NamedWeights, TrainingRun } from './contender.ts'
import { type BenchModel, batchesOf } from './models.ts'

/** f32 against float64 over whole models. */
const GRADIENT_TOLERANCE = 1e-4

export function weightsOf({ spec }: BenchModel): NamedWeights {
  return { layout: layoutOf(spec), flat: initialParameters(spec) }
}

export interface OwnRun extends TrainingRun {
  readonly engine: GpuEngine
}

export async function ownRun(device: KernelDevice, { spec, batch }: BenchModel, { flat }: NamedWeights): Promise<OwnRun> {
  const engine = await createEngine(device, spec, batch)
  engine.writeParameters(flat)
  return {
    engine,
    async steps(batches) {
      const stats = await Promise.all(batches.map((one) => engine.step(one)))
      return stats.map(({ lossSum, weight }) => lossSum / weight)
    },
  }
}

/** Relative error of the whole gradient against the float64 interpreter. Throws when it is too large. */
export async function checkGradient(device: KernelDevice, model: BenchModel, { flat }: NamedWeights): Promise<number> {
  const { spec, batch, checkedSamples } = model
  const engine = await createEngine(device, spec, batch)
  try {
    engine.writeParameters(flat)
    const few = { ...batchesOf(model)(1), count: checkedSamples }
    const expected = referenceGradient(spec, flat, few)
    const { gradient, lossSum } = await engine.gradient(few)
    const error = Math.max(relativeError(gradient, expected.gradient), Math.abs(lossSum / expected.lossSum - 1))
    if (!(error < GRADIENT_TOLERANCE)) {
      throw new FailedError(`bench: the gradient of ${model.name} differs from the reference by ${error.toExponential(1)}; nothing is timed`, 'WRONG_RESULT')
    }
    return error
  } finally {
    engine.dispose()
  }
}

/** ‖actual − expected‖ / ‖expected‖. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, size] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] ?? Number.NaN
    difference += ((actual[i] ?? Number.NaN) - wanted) ** 2
    size += wanted ** 2
  }
  return Math.sqrt(difference / size)
}
