/** This program as a contender, and the checks that come before any timing. */
import { createEngine, type GpuEngine, initialParameters, type KernelDevice, layoutOf, referenceGradient } from '../../../kernels/index.ts'
import { FailedError } from '../../cli/errors.ts'
import type { NamedWeights, TrainingRun } from './contender.ts'
import { type BenchModel, batchesOf } from './models.ts'

/** f32 against float64 over whole models. */
const GRADIENT_TOLERANCE = 1e-4
/** Against float64 that rounds to halves where the plan does: now and then another order of f32 sums tips a half over, by 2^-10 of it. */
const MIXED_GRADIENT_TOLERANCE = 2e-3
/** Long enough that the change of a loss of about 10 stands out of its rounding, short enough that the loss is still straight. */
const SLOPE_STEP = 0.01
const SLOPE_TOLERANCE = 0.02

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

/**
 * Relative error of the whole gradient against the float64 interpreter; of a model that is too large for it, of the slope along the
 * gradient. Throws when it is too large.
 */
export async function checkGradient(device: KernelDevice, model: BenchModel, { flat }: NamedWeights): Promise<number> {
  const engine = await createEngine(device, model.spec, model.batch)
  try {
    engine.writeParameters(flat)
    const [error, tolerance] =
      model.checkedSamples === null
        ? [await slopeError(engine, model, flat), SLOPE_TOLERANCE]
        : [await gradientError(engine, model, flat), model.spec.precision === 'mixed' ? MIXED_GRADIENT_TOLERANCE : GRADIENT_TOLERANCE]
    if (!(error < tolerance)) {
      throw new FailedError(`bench: the gradient of ${model.name} differs from the reference by ${error.toExponential(1)}; nothing is timed`, 'WRONG_RESULT')
    }
    return error
  } finally {
    engine.dispose()
  }
}

async function gradientError(engine: GpuEngine, model: BenchModel, flat: Float32Array): Promise<number> {
  const few = { ...batchesOf(model)(1), count: model.checkedSamples ?? model.batch }
  const expected = referenceGradient(model.spec, flat, few)
  const { gradient, lossSum } = await engine.gradient(few)
  return Math.max(relativeError(gradient, expected.gradient), Math.abs(lossSum / expected.lossSum - 1))
}

/** A step of length ε along the gradient g and one against it change the mean loss by 2ε‖g‖. */
async function slopeError(engine: GpuEngine, model: BenchModel, flat: Float32Array): Promise<number> {
  const batch = batchesOf(model)(1)
  const { gradient, weight } = await engine.gradient(batch)
  const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
  const lossAt = async (epsilon: number): Promise<number> => {
    engine.writeParameters(flat.map((value, i) => value + (epsilon * (gradient[i] ?? 0)) / norm))
    const { lossSum, weight } = await engine.evaluate(batch)
    return lossSum / weight
  }
  const change = (await lossAt(SLOPE_STEP)) - (await lossAt(-SLOPE_STEP))
  return Math.abs(change / ((2 * SLOPE_STEP * norm) / weight) - 1)
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
