/**
 * Data sets of a compute host, loaded once: a job that is prepared again (a member was lost, a batch share changed) must
 * not unpack 60,000 images again. Keyed by content and cuts, so two names of the same bytes share them.
 */
import type { Dataset, SplitDataset } from '../../kernels/data/types.ts'
import type { TrainingSpec } from '../../kernels/spec.ts'
import { ComputeError } from './errors.ts'
import type { ComputeKernels } from './kernels.ts'
import type { JobDataParams } from './messages.ts'

/** The job at hand and the one before it; Fashion-MNIST is 55 MB in memory. */
const KEPT = 2

type DataKernels = Pick<ComputeKernels<unknown>, 'loadSplit' | 'shapedFor' | 'checkLabels' | 'checkModel'>

export class DataCache {
  readonly #kernels: DataKernels
  readonly #readBytes: (location: string) => Promise<Uint8Array>
  /** Least recently used first. */
  readonly #loaded = new Map<string, Promise<SplitDataset>>()

  constructor(kernels: DataKernels, readBytes: (location: string) => Promise<Uint8Array>) {
    this.#kernels = kernels
    this.#readBytes = readBytes
  }

  /** Shaped for the job's model and checked against it: sample size, label range. */
  async load(data: JobDataParams, spec: TrainingSpec): Promise<SplitDataset> {
    const { input, vocabulary, target } = this.#kernels.checkModel(spec.model, spec.loss)
    const { train, test } = await this.#raw(data, spec, input)
    const fit = (part: Dataset, label: string): Dataset => {
      const shaped = this.#kernels.shapedFor(part, input, label, vocabulary)
      if (target?.classes != null && spec.loss.type === 'cross-entropy') {
        this.#kernels.checkLabels(shaped, { classes: target.classes, ignoreIndex: spec.loss.ignoreIndex, label })
      } else if (target !== null) {
        checkTargets(shaped, target.shape, label)
      }
      return shaped
    }
    return { train: fit(train, 'training data'), test: test === null ? null : fit(test, 'test data') }
  }

  async #raw({ parts, ...options }: JobDataParams, spec: TrainingSpec, input: readonly number[]): Promise<SplitDataset> {
    const full = {
      limit: options.limit ?? null,
      testLimit: options.testLimit ?? null,
      label: options.label ?? null,
      regression: options.regression ?? spec.loss.type !== 'cross-entropy',
      // A text is cut into windows as long as the model's input.
      ...(parts.some(({ role }) => role === 'text') ? { nPositions: options.nPositions ?? input[0] ?? 1 } : {}),
    }
    const key = JSON.stringify([parts.map(({ role, format, sha256 }) => [role, format, sha256]), full])
    const found = this.#loaded.get(key)
    const loading = found ?? this.#kernels.loadSplit(parts, full, (part) => this.#read(part.location, part.role))
    this.#loaded.delete(key)
    this.#loaded.set(key, loading)
    for (const old of [...this.#loaded.keys()].slice(0, -KEPT)) this.#loaded.delete(old)
    try {
      return await loading
    } catch (error) {
      this.#loaded.delete(key)
      throw error
    }
  }

  #read(location: string | undefined, role: string): Promise<Uint8Array> {
    if (location === undefined) throw new ComputeError('BAD_DATA', `data: the part "${role}" has no location`, { role })
    return this.#readBytes(location)
  }
}

/** Values to be met: as many numbers per sample as the model puts out. */
function checkTargets(data: Dataset, shape: readonly number[], label: string): void {
  const needed = shape.reduce((product, size) => product * size, 1)
  const found = data.y.length / data.length
  if (data.y instanceof Float32Array && found === needed) return
  const what = data.y instanceof Float32Array ? `${found} numbers` : 'class ids'
  throw new ComputeError('BAD_DATA', `${label}: the loss compares ${needed} numbers per sample, the targets are ${what}`, { needed, found })
}
