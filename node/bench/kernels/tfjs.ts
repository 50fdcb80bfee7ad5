/**
 * TensorFlow.js on its WebGPU backend. Its packages are development dependencies, and their ES modules import folders
 * and files without extension, which Node refuses; so they are bundled once into the cache folder.
 *
 * Models are written as its own layers would run them: NHWC images, fused where the library fuses (`tf.fused`), Adam.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as TfTypes from '@tensorflow/tfjs-core'
import type { Gpt2Spec } from '../../../kernels/spec.ts'
import { eachWeight, type NamedWeights, type Product, type ProductTask, type TrainingRun } from './contender.ts'
import { ADAM, type BenchModel, CLASSES } from './models.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const BUNDLE = `${ROOT}node_modules/.cache/cyxwiz/tfjs-4.22.0/tfjs-esbuild.mjs`

/** The package's Node entry leaves the gradients out. */
const ENTRY = `
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
export * from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
export const loadWebgpu = () => import('@tensorflow/tfjs-backend-webgpu')
`

export type Tfjs = typeof TfTypes & {
  /** Registers the WebGPU backend; needs \`navigator.gpu\`. */
  loadWebgpu(): Promise<unknown>
}

/** Not installed: throws what Node's resolution says. */
export async function loadTfjs(): Promise<Tfjs> {
  createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json')
  if (!existsSync(BUNDLE)) {
    const { build } = await import('esbuild')
    await build({
      stdin: { contents: ENTRY, resolveDir: ROOT, loader: 'js' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      mainFields: ['module', 'main'],
      // In two pieces: `node/bin/compiled.mjs` takes the word for this module's own, wherever it stands.
      banner: { js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.${'url'});` },
      outfile: BUNDLE,
      logLevel: 'error',
    })
  }
  return (await import(pathToFileURL(BUNDLE).href)) as Tfjs
}

type Weights = Readonly<Record<string, TfTypes.Variable>>
type Forward = (x: TfTypes.Tensor) => TfTypes.Tensor2D

export async function openTfjs() {
  const tf = await loadTfjs()
  await tf.loadWebgpu()
  await tf.setBackend('webgpu')
  await tf.ready()
  return {
    name: 'tfjs',
    train: async (model: BenchModel, weights: NamedWeights): Promise<TrainingRun> => trainingRun(tf, model, weights),
    multiply: async (task: ProductTask): Promise<Product> => product(tf, task),
  }
}

function trainingRun(tf: Tfjs, { spec, batch }: BenchModel, weights: NamedWeights): TrainingRun {
  const images = spec.model.kind === 'sequential' && spec.model.input.length === 3
  const variables: Record<string, TfTypes.Variable> = {}
  for (const { name, shape, values } of eachWeight(weights)) variables[name] = tf.variable(asTfjs(tf, name, tf.tensor(values, [...shape]), images))
  const forward = spec.model.kind === 'gpt2' ? gpt(tf, variables, batch, spec.model) : images ? cnn(tf, variables, batch) : mlp(tf, variables, batch)
  const optimizer = tf.train.adam(ADAM.lr, ADAM.betas[0], ADAM.betas[1], ADAM.eps)
  const trained = Object.values(variables)
  const classes = spec.model.kind === 'gpt2' ? spec.model.vocabSize : CLASSES
  return {
    async steps(batches) {
      const losses = batches.map(({ x, y }) => {
        const input = tf.tensor1d(x, x instanceof Int32Array ? 'int32' : 'float32')
        const labels = tf.tidy(() => tf.oneHot(tf.tensor1d(y, 'int32'), classes))
        const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, forward(input)) as TfTypes.Scalar, true, trained)
        tf.dispose([input, labels])
        if (loss === null) throw new Error('tfjs returned no loss')
        return loss
      })
      const values: number[] = []
      for (const loss of losses) values.push((await loss.data())[0] ?? Number.NaN)
      tf.dispose(losses)
      return values
    },
  }
}

/** Convolution weights are `[kh, kw, in, out]` there, and a flattened image has its channels last. */
function asTfjs(tf: Tfjs, name: string, tensor: TfTypes.Tensor, images: boolean): TfTypes.Tensor {
  if (tensor.rank === 4) return tf.transpose(tensor, [2, 3, 1, 0])
  if (!images || tensor.rank !== 2) return tensor
  const [units = 0, flat = 0] = tensor.shape
  const channels = 32
  const side = Math.sqrt(flat / channels)
  if (!Number.isInteger(side)) throw new Error(`${name}: ${flat} is no square image of ${channels} channels`)
  return tf.reshape(tf.transpose(tf.reshape(tensor, [units, channels, side, side]), [0, 2, 3, 1]), [units, flat])
}

function dense(tf: Tfjs, weights: Weights, layer: number, x: TfTypes.Tensor, activation: 'relu' | 'linear'): TfTypes.Tensor2D {
  return tf.fused.matMul({
    a: x as TfTypes.Tensor2D,
    b: weights[`${layer}.weight`] as TfTypes.Tensor2D,
    transposeB: true,
    bias: weights[`${layer}.bias`] as TfTypes.Tensor,
    activation,
  }) as TfTypes.Tensor2D
}

function mlp(tf: Tfjs, weights: Weights, batch: number): Forward {
  return (x) => dense(tf, weights, 4, dense(tf, weights, 2, dense(tf, weights, 0, tf.reshape(x, [batch, 784]), 'relu'), 'relu'), 'linear')
}

function cnn(tf: Tfjs, weights: Weights, batch: number): Forward {
  const convolve = (layer: number, x: TfTypes.Tensor4D): TfTypes.Tensor4D =>
    tf.maxPool(
      tf.fused.conv2d({
        x,
        filter: weights[`${layer}.weight`] as unknown as TfTypes.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: weights[`${layer}.bias`] as TfTypes.Tensor,
        activation: 'relu',
      }),
      2,
      2,
      0,
    )
  return (x) => dense(tf, weights, 7, tf.reshape(convolve(3, convolve(0, tf.reshape(x, [batch, 28, 28, 1]))), [batch, 7 * 7 * 32]), 'linear')
}

function gpt(tf: Tfjs, weights: Weights, batch: number, { nPositions: length, nEmbd: width, nHead: heads, nLayer }: Gpt2Spec): Forward {
  const depth = width / heads
  const rows = batch * length
  const weight = (name: string) => weights[`transformer.${name}`] as TfTypes.Variable
  const mask = tf.tensor(
    Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0)),
    [1, 1, length, length],
  )
  const norm = (path: string, x: TfTypes.Tensor) => {
    const { mean, variance } = tf.moments(x, -1, true)
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight(`${path}.weight`)), weight(`${path}.bias`))
  }
  const linear = (path: string, x: TfTypes.Tensor) =>
    tf.fused.matMul({ a: x as TfTypes.Tensor2D, b: weight(`${path}.weight`) as unknown as TfTypes.Tensor2D, bias: weight(`${path}.bias`) })
  const gelu = (x: TfTypes.Tensor) =>
    tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x))))))))
  const attention = (path: string, x: TfTypes.Tensor) => {
    const split = tf.split(tf.reshape(linear(`${path}.c_attn`, x), [batch, length, 3, heads, depth]), 3, 2)
    const [q, k, v] = split.map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, depth]), [0, 2, 1, 3]))
    const scores = tf.add(tf.mul(tf.matMul(q as TfTypes.Tensor, k as TfTypes.Tensor, false, true), 1 / Math.sqrt(depth)), mask)
    const mixed = tf.matMul(tf.softmax(scores), v as TfTypes.Tensor)
    return linear(`${path}.c_proj`, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width]))
  }
  return (ids) => {
    const tokens = tf.reshape(tf.gather(weight('wte.weight'), ids as TfTypes.Tensor1D), [batch, length, width])
    let x: TfTypes.Tensor = tf.reshape(tf.add(tokens, weight('wpe.weight')), [rows, width])
    for (let block = 0; block < nLayer; block++) {
      x = tf.add(x, attention(`h.${block}.attn`, norm(`h.${block}.ln_1`, x)))
      x = tf.add(x, linear(`h.${block}.mlp.c_proj`, gelu(linear(`h.${block}.mlp.c_fc`, norm(`h.${block}.ln_2`, x)))))
    }
    return tf.matMul(norm('ln_f', x) as TfTypes.Tensor2D, weight('wte.weight') as unknown as TfTypes.Tensor2D, false, true)
  }
}

function product(tf: Tfjs, { form, size, a, b }: ProductTask): Product {
  const [left, right] = [tf.tensor2d(a, [size, size]), tf.tensor2d(b, [size, size])]
  const multiply = () => tf.matMul(left, right, form === 'TN', form === 'NT')
  return {
    async repeat(times) {
      let last: TfTypes.Tensor | null = null
      for (let i = 0; i < times; i++) {
        last?.dispose()
        last = multiply()
      }
      // One number home: the queue has come so far.
      const first = tf.tidy(() => tf.slice(last as TfTypes.Tensor, [0, 0], [1, 1]))
      await first.data()
      tf.dispose([first, last as TfTypes.Tensor])
    },
    async read() {
      const result = multiply()
      const values = (await result.data()) as Float32Array
      result.dispose()
      return values
    },
    dispose: () => tf.dispose([left, right]),
  }
}
