/**
 * Models drawn at random from the layers' own descriptions: whatever layer is registered takes part, with options drawn
 * from its bounds, behind layers that were not written with it in mind. A draw that does not fit is dropped by the very
 * check that refuses it in a job.
 */
import { checkModel, describeLayers, type LayerSpec, type LossSpec, type OptionDescription, type SequentialSpec } from '../kernels/index.ts'
import { type TestRandom, testRandom } from './random.ts'

export interface RandomModel {
  readonly model: SequentialSpec
  readonly loss: LossSpec
  readonly batch: number
  /** For test titles. */
  readonly words: string
}

/** References are slow and so are compilers: models stay small. */
const MAX_LAYERS = 5
const MAX_SAMPLE_ELEMENTS = 600
const TRIES = 60

export function randomModel(seed: number): RandomModel {
  const random = testRandom(seed)
  const input = randomInput(random)
  const layers: LayerSpec[] = []
  const wanted = random.integer(2, MAX_LAYERS + 1)
  let shape: readonly number[] = input
  for (let attempt = 0; attempt < TRIES && layers.length < wanted; attempt++) {
    const layer = randomLayer(random, shape)
    const output = layer === null ? null : outputOf({ kind: 'sequential', input, layers: [...layers, layer] })
    if (layer === null || output === null || output.reduce((product, size) => product * size, 1) > MAX_SAMPLE_ELEMENTS) continue
    layers.push(layer)
    shape = output
  }
  // Something to train, and outputs that a loss can tell apart.
  layers.push({ type: 'linear', units: random.integer(2, 9) })
  const model: SequentialSpec = { kind: 'sequential', input, layers }
  const loss = randomLoss(random)
  return { model, loss, batch: random.integer(1, 7), words: `[${input.join(', ')}] → ${layers.map(wordOf).join(' → ')}, ${loss.type}` }
}

const wordOf = ({ type, ...options }: LayerSpec): string => (Object.keys(options).length === 0 ? type : `${type} ${JSON.stringify(options)}`)

/** Small sizes are where edges are; one in four is larger than a workgroup. */
function randomSize(random: TestRandom, high: number): number {
  return random.unit() < 0.25 ? random.integer(1, high + 1) : random.integer(1, Math.min(high, 8) + 1)
}

function randomInput(random: TestRandom): number[] {
  const rank = random.integer(1, 4)
  if (rank === 1) return [randomSize(random, 90)]
  if (rank === 2) return [randomSize(random, 12), randomSize(random, 20)]
  return [random.integer(1, 5), random.integer(1, 11), random.integer(1, 11)]
}

function outputOf(model: SequentialSpec): readonly number[] | null {
  try {
    // A model without parameters is refused as a whole; a linear layer behind it changes the last extent only.
    const { layers } = checkModel({ ...model, layers: [...model.layers, { type: 'linear', units: 1 }] })
    return layers.at(-2)?.output ?? null
  } catch {
    return null
  }
}

function randomLayer(random: TestRandom, shape: readonly number[]): LayerSpec | null {
  const known = describeLayers()
  const { type, options } = known[random.integer(0, known.length)] ?? { type: 'relu', options: {} }
  const layer: Record<string, unknown> = { type }
  for (const [name, option] of Object.entries(options)) {
    const value = randomOption(random, option, shape)
    if (value !== undefined) layer[name] = value
  }
  return layer as LayerSpec
}

/** Undefined: left out, so that the default applies. */
function randomOption(random: TestRandom, option: OptionDescription, shape: readonly number[]): unknown {
  const optional = 'default' in option && option.default !== undefined
  if (optional && random.unit() < 0.4) return undefined
  switch (option.type) {
    case 'boolean':
      return random.unit() < 0.5
    case 'choice':
      return option.choices[random.integer(0, option.choices.length)]
    case 'integer':
      return random.integer(Math.max(option.min, -2), Math.min(option.max, option.min + 12) + 1)
    case 'number':
      // Defaults of `eps` and `momentum` are small, bounds wide: stay near the default.
      return Math.min(option.max, Math.max(option.min, (option.default ?? 0.5) * (0.5 + random.unit())))
    case 'pair': {
      if (option.optional === true && random.unit() < 0.5) return undefined
      const one = () => random.integer(option.min, option.min + 4)
      return random.unit() < 0.5 ? one() : [one(), one()]
    }
    case 'sizes':
      return [...shape].reverse()
    case 'layers':
      return Array.from({ length: random.integer(1, 3) }, () => randomLayer(random, shape) ?? { type: 'relu' })
    default:
      throw new TypeError(`unknown option ${JSON.stringify(option satisfies never)}`)
  }
}

function randomLoss(random: TestRandom): LossSpec {
  const losses: LossSpec[] = [
    { type: 'cross-entropy', labelSmoothing: random.unit() < 0.5 ? 0 : 0.2, ignoreIndex: -100 },
    { type: 'mse' },
    { type: 'l1' },
    { type: 'huber', delta: 0.4 },
    { type: 'bce-with-logits' },
  ]
  return losses[random.integer(0, losses.length)] ?? { type: 'mse' }
}
