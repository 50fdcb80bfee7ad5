/**
 * Whole models written a second time, with the functions of tfjs-core: an oracle that shares no line with ours. Loss and
 * gradients are held against the float64 references in the unit tier, and against the GPU for a few of them.
 */
import type * as tfTypes from '@tensorflow/tfjs-core'
import { checkModel, initialParameters, type LayerSpec, type LossSpec, layoutOf, type TrainingSpec } from '../kernels/index.ts'
import type { Tfjs } from '../node/bench/kernels/tfjs.ts'
import { testRandom } from './random.ts'
import { trainingSpec } from './specs.ts'

type T = tfTypes.Tensor
type Parameter = (name: string) => T
type Forward = (tf: Tfjs, x: T, parameter: Parameter) => T

export interface TfjsModel {
  readonly title: string
  readonly spec: TrainingSpec
  readonly forward: Forward
}

export const TFJS_BATCH = 5
const CLASSES = 4

const linear = (tf: Tfjs, x: T, p: Parameter, name: string): T => {
  const flat = tf.reshape(x, [-1, x.shape.at(-1) ?? 0]) as tfTypes.Tensor2D
  const y = tf.add(tf.matMul(flat, p(`${name}.weight`) as tfTypes.Tensor2D, false, true), p(`${name}.bias`))
  return tf.reshape(y, [...x.shape.slice(0, -1), y.shape[1] ?? 0])
}

const gelu = (tf: Tfjs, x: T): T => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))
const geluTanh = (tf: Tfjs, x: T): T => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))))

/** `x: [B, C, H, W]`; tfjs convolves and pools images with channels last. */
const lastly = (tf: Tfjs, x: T): tfTypes.Tensor4D => tf.transpose(x, [0, 2, 3, 1]) as tfTypes.Tensor4D
const firstly = (tf: Tfjs, x: T): T => tf.transpose(x, [0, 3, 1, 2])
const padded = (tf: Tfjs, x: tfTypes.Tensor4D, [height, width]: readonly [number, number]): tfTypes.Tensor4D =>
  tf.pad(x, [
    [0, 0],
    [height, height],
    [width, width],
    [0, 0],
  ])

const normalised = (tf: Tfjs, x: T, axes: number[], eps: number): T => {
  const { mean, variance } = tf.moments(x, axes, true)
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, eps)))
}
/** A vector of channels as `[1, C, 1, …]`. */
const perChannel = (tf: Tfjs, vector: T, rank: number): T => tf.reshape(vector, [1, vector.size, ...Array.from({ length: rank - 2 }, () => 1)])

/** Steps of `x: [B, T, in]` one by one; `cell` makes the next state from what inputs and state contribute. */
function recurrent(tf: Tfjs, x: T, p: Parameter, name: string, layer: number, states: number, cell: (x: T, h: T, state: T[]) => T[]): T {
  const affine = (value: T, kind: 'ih' | 'hh') =>
    tf.add(tf.matMul(value as tfTypes.Tensor2D, p(`${name}.weight_${kind}_l${layer}`) as tfTypes.Tensor2D, false, true), p(`${name}.bias_${kind}_l${layer}`))
  const [batch = 0, steps = 0] = x.shape
  const units = p(`${name}.weight_hh_l${layer}`).shape[1] ?? 0
  let state: T[] = Array.from({ length: states }, () => tf.zeros([batch, units]))
  const outputs: T[] = []
  for (let t = 0; t < steps; t++) {
    const input = tf.squeeze(tf.slice(x, [0, t, 0], [batch, 1, -1]), [1])
    state = cell(affine(input, 'ih'), affine(state[0] as T, 'hh'), state)
    outputs.push(state[0] as T)
  }
  return tf.stack(outputs, 1)
}

const lstm = (tf: Tfjs, x: T, p: Parameter, name: string, layer = 0): T =>
  recurrent(tf, x, p, name, layer, 2, (input, product, [, c]) => {
    const [i, f, g, o] = tf.split(tf.add(input, product), 4, 1) as [T, T, T, T]
    const next = tf.add(tf.mul(tf.sigmoid(f), c as T), tf.mul(tf.sigmoid(i), tf.tanh(g)))
    return [tf.mul(tf.sigmoid(o), tf.tanh(next)), next]
  })

const gru = (tf: Tfjs, x: T, p: Parameter, name: string): T =>
  recurrent(tf, x, p, name, 0, 1, (input, product, [h]) => {
    const [xr, xz, xn] = tf.split(input, 3, 1) as [T, T, T]
    const [hr, hz, hn] = tf.split(product, 3, 1) as [T, T, T]
    const z = tf.sigmoid(tf.add(xz, hz))
    const n = tf.tanh(tf.add(xn, tf.mul(tf.sigmoid(tf.add(xr, hr)), hn)))
    return [tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, h as T))]
  })

const GPT = { kind: 'gpt2', vocabSize: 7, nPositions: 5, nEmbd: 6, nLayer: 1, nHead: 2, dropout: 0 } as const

function gpt(tf: Tfjs, ids: T, p: Parameter): T {
  const { nPositions, nEmbd, nHead, vocabSize } = GPT
  const batch = ids.shape[0] ?? 0
  const conv1d = (x: T, name: string) => tf.add(tf.matMul(x as tfTypes.Tensor2D, p(`${name}.weight`) as tfTypes.Tensor2D), p(`${name}.bias`))
  const norm = (x: T, name: string) => tf.add(tf.mul(normalised(tf, x, [1], 1e-5), p(`${name}.weight`)), p(`${name}.bias`))
  const tokens = tf.gather(p('transformer.wte.weight'), tf.reshape(ids, [-1]))
  let x: T = tf.reshape(tf.add(tf.reshape(tokens, [batch, nPositions, nEmbd]), p('transformer.wpe.weight')), [-1, nEmbd])
  const qkv = tf.reshape(conv1d(norm(x, 'transformer.h.0.ln_1'), 'transformer.h.0.attn.c_attn'), [batch, nPositions, 3, nHead, nEmbd / nHead])
  const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [T, T, T]
  const past = tf.tensor2d(Array.from({ length: nPositions }, (_, i) => Array.from({ length: nPositions }, (_, j) => (j <= i ? 0 : -1e9))))
  const weights = tf.softmax(tf.add(tf.div(tf.matMul(q, k, false, true), Math.sqrt(nEmbd / nHead)), past))
  const heads = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [-1, nEmbd])
  x = tf.add(x, conv1d(heads, 'transformer.h.0.attn.c_proj'))
  const inner = geluTanh(tf, conv1d(norm(x, 'transformer.h.0.ln_2'), 'transformer.h.0.mlp.c_fc'))
  x = tf.add(x, conv1d(inner, 'transformer.h.0.mlp.c_proj'))
  const logits = tf.matMul(norm(x, 'transformer.ln_f') as tfTypes.Tensor2D, p('transformer.wte.weight') as tfTypes.Tensor2D, false, true)
  return tf.reshape(logits, [batch, nPositions, vocabSize])
}

const ACTIVATIONS: readonly [LayerSpec, (tf: Tfjs, x: T) => T][] = [
  [{ type: 'relu' }, (tf, x) => tf.relu(x)],
  [{ type: 'leakyrelu', negativeSlope: 0.2 }, (tf, x) => tf.leakyRelu(x, 0.2)],
  [{ type: 'tanh' }, (tf, x) => tf.tanh(x)],
  [{ type: 'sigmoid' }, (tf, x) => tf.sigmoid(x)],
  [{ type: 'silu' }, (tf, x) => tf.mul(x, tf.sigmoid(x))],
  [{ type: 'gelu' }, gelu],
  [{ type: 'gelu', approximate: 'tanh' }, geluTanh],
]

const LOSSES: readonly LossSpec[] = [
  { type: 'cross-entropy', labelSmoothing: 0.1, ignoreIndex: 2 },
  { type: 'mse' },
  { type: 'l1' },
  { type: 'huber', delta: 0.4 },
  { type: 'bce-with-logits' },
]

const perceptron = (layer: LayerSpec) => [{ type: 'linear', units: 9 }, layer, { type: 'linear', units: CLASSES }]
const head = (tf: Tfjs, x: T, p: Parameter, name: string): T => linear(tf, tf.reshape(x, [x.shape[0] ?? 0, -1]), p, name)

export const TFJS_MODELS: readonly TfjsModel[] = [
  ...ACTIVATIONS.map(
    ([layer, activate]): TfjsModel => ({
      title: `a perceptron with ${JSON.stringify(layer)}`,
      spec: trainingSpec([7], perceptron(layer)),
      forward: (tf, x, p) => linear(tf, activate(tf, linear(tf, x, p, '0')), p, '2'),
    }),
  ),
  ...LOSSES.map(
    (loss): TfjsModel => ({
      title: `a perceptron with the loss ${JSON.stringify(loss)}`,
      spec: trainingSpec([7], perceptron({ type: 'tanh' }), { loss }),
      forward: (tf, x, p) => linear(tf, tf.tanh(linear(tf, x, p, '0')), p, '2'),
    }),
  ),
  {
    title: 'convolutions and pools',
    spec: trainingSpec(
      [2, 9, 8],
      [
        { type: 'conv2d', channels: 4, kernel: [3, 2], stride: [1, 2], padding: [1, 0] },
        { type: 'maxpool2d', kernel: [2, 1], stride: 2 },
        { type: 'conv2d', channels: 4, kernel: 2, groups: 4, padding: 1 },
        { type: 'avgpool2d', kernel: 2, stride: 1 },
        { type: 'flatten' },
        { type: 'linear', units: CLASSES },
      ],
    ),
    forward(tf, x, p) {
      const kernel = (name: string) => tf.transpose(p(`${name}.weight`), [2, 3, 1, 0]) as tfTypes.Tensor4D
      let y = tf.add(tf.conv2d(padded(tf, lastly(tf, x), [1, 0]), kernel('0'), [1, 2], 'valid'), p('0.bias')) as tfTypes.Tensor4D
      y = tf.maxPool(y, [2, 1], 2, 'valid')
      // A group per channel: tfjs' depthwise filter is [height, width, channels, 1].
      const depthwise = tf.transpose(p('2.weight'), [2, 3, 0, 1]) as tfTypes.Tensor4D
      y = tf.add(tf.depthwiseConv2d(padded(tf, y, [1, 1]), depthwise, 1, 'valid'), p('2.bias')) as tfTypes.Tensor4D
      return head(tf, firstly(tf, tf.avgPool(y, 2, 1, 'valid')), p, '5')
    },
  },
  {
    title: 'norms of images, a residual block, the mean of each channel',
    spec: trainingSpec(
      [4, 3, 5],
      [
        { type: 'batchnorm2d' },
        { type: 'residual', layers: [{ type: 'groupnorm', numGroups: 2 }, { type: 'silu' }] },
        { type: 'globalavgpool2d' },
        { type: 'linear', units: CLASSES },
      ],
    ),
    forward(tf, x, p) {
      const scaled = (y: T, name: string) => tf.add(tf.mul(y, perChannel(tf, p(`${name}.weight`), 4)), perChannel(tf, p(`${name}.bias`), 4))
      const y = scaled(normalised(tf, x, [0, 2, 3], 1e-5), '0')
      const groups = tf.reshape(normalised(tf, tf.reshape(y, [TFJS_BATCH, 2, -1]), [2], 1e-5), y.shape)
      const inner = scaled(groups, '1.0')
      return linear(tf, tf.mean(tf.add(y, tf.mul(inner, tf.sigmoid(inner))), [2, 3]), p, '3')
    },
  },
  {
    title: 'norms of rows, softmax, reshape',
    spec: trainingSpec(
      [12],
      [
        { type: 'reshape', shape: [3, 4] },
        { type: 'layernorm' },
        { type: 'softmax', dim: 1 },
        { type: 'linear', units: 6 },
        { type: 'rmsnorm' },
        { type: 'softmax' },
        { type: 'flatten' },
        { type: 'linear', units: CLASSES },
      ],
    ),
    forward(tf, x, p) {
      let y: T = tf.reshape(x, [-1, 3, 4])
      y = tf.add(tf.mul(normalised(tf, y, [2], 1e-5), p('1.weight')), p('1.bias'))
      y = tf.transpose(tf.softmax(tf.transpose(y, [0, 2, 1])), [0, 2, 1])
      y = linear(tf, y, p, '3')
      y = tf.mul(tf.div(y, tf.sqrt(tf.add(tf.mean(tf.square(y), 2, true), 2 ** -23))), p('4.weight'))
      return head(tf, tf.softmax(y), p, '7')
    },
  },
  {
    title: 'an embedding and an LSTM of two layers',
    spec: trainingSpec(
      [4],
      [
        { type: 'embedding', numEmbeddings: 6, embeddingDim: 3 },
        { type: 'lstm', hiddenSize: 5, numLayers: 2 },
        { type: 'linear', units: 6 },
      ],
    ),
    forward(tf, x, p) {
      const vectors = tf.reshape(tf.gather(p('0.weight'), tf.reshape(x, [-1])), [TFJS_BATCH, 4, 3])
      return linear(tf, lstm(tf, lstm(tf, vectors, p, '1'), p, '1', 1), p, '2')
    },
  },
  {
    title: 'the last state of a GRU',
    spec: trainingSpec(
      [6, 3],
      [
        { type: 'gru', hiddenSize: 5, output: 'last' },
        { type: 'linear', units: CLASSES },
      ],
    ),
    forward: (tf, x, p) => linear(tf, tf.squeeze(tf.slice(gru(tf, x, p, '0'), [0, 5, 0], [-1, 1, -1]), [1]), p, '1'),
  },
  { title: 'a GPT-2 of one block', spec: { ...trainingSpec([1], []), model: GPT }, forward: gpt },
]

/** A batch for a model, the same every time. */
export function tfjsBatch({ spec }: TfjsModel) {
  const random = testRandom(40)
  const { input, inputType, vocabulary, target } = checkModel(spec.model, spec.loss)
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, TFJS_BATCH)
  const ids = (length: number, high: number) => Int32Array.from({ length }, () => random.integer(0, high))
  const x = inputType === 'i32' ? ids(size(input), vocabulary ?? 1) : random.floats(size(input), 2)
  const targets = size(target?.shape ?? [])
  const y = target?.classes ? ids(targets, target.classes) : Float32Array.from({ length: targets }, () => random.unit())
  return { x, y, count: TFJS_BATCH, step: 1, sampleOffset: 0 }
}

/** Loss and gradients by parameter name, of the sum over what the loss counts. */
export async function tfjsGradients(tf: Tfjs, model: TfjsModel): Promise<{ loss: number; gradients: ReadonlyMap<string, ArrayLike<number>> }> {
  const { spec, forward } = model
  const batch = tfjsBatch(model)
  const flat = initialParameters(spec)
  const entries = layoutOf(spec).entries.filter(({ buffer }) => buffer === undefined)
  const tensors = entries.map(({ offset, size, shape }) => tf.tensor(flat.slice(offset, offset + size), [...shape]))
  const { input, inputType } = checkModel(spec.model)
  const x = tf.tensor(batch.x, [TFJS_BATCH, ...input], inputType === 'i32' ? 'int32' : 'float32')
  const lossSum = (...parameters: T[]): tfTypes.Scalar => {
    const byName = (name: string): T => {
      const tensor = parameters[entries.findIndex((entry) => entry.name === name)]
      if (tensor === undefined) throw new Error(`no parameter ${name}`)
      return tensor
    }
    return lossOf(tf, spec.loss, forward(tf, x, byName), batch.y)
  }
  const { value, grads } = tf.valueAndGrads(lossSum)(tensors)
  const gradients = new Map<string, ArrayLike<number>>()
  for (const [i, { name }] of entries.entries()) gradients.set(name, (await grads[i]?.data()) ?? [])
  return { loss: (await value.data())[0] ?? Number.NaN, gradients }
}

function lossOf(tf: Tfjs, loss: LossSpec, output: T, y: Int32Array | Float32Array): tfTypes.Scalar {
  if (loss.type === 'cross-entropy') {
    const classes = output.shape.at(-1) ?? 0
    const logits = tf.reshape(output, [-1, classes])
    const counted = tf.tensor1d(Array.from(y, (label) => (label === loss.ignoreIndex ? 0 : 1)))
    const wanted = tf.add(tf.mul(tf.oneHot(tf.tensor1d(y as Int32Array, 'int32'), classes), 1 - loss.labelSmoothing), loss.labelSmoothing / classes)
    return tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1), counted)))
  }
  const target = tf.tensor(y, output.shape)
  if (loss.type === 'mse') return tf.sum(tf.squaredDifference(output, target))
  if (loss.type === 'l1') return tf.sum(tf.abs(tf.sub(output, target)))
  // tfjs-core's own losses, summed up instead of averaged.
  if (loss.type === 'huber') return tf.losses.huberLoss(target, output, undefined, loss.delta, tf.Reduction.SUM) as tfTypes.Scalar
  return tf.losses.sigmoidCrossEntropy(target, output, undefined, 0, tf.Reduction.SUM) as tfTypes.Scalar
}
