/**
 * jax-js on its WebGPU backend, a development dependency. A whole training step, Adam included, is one `jit`; arrays are
 * reference-counted there: every use but the last takes `.ref`.
 */
import type * as Jax from '@jax-js/jax'
import type { Gpt2Spec } from '../../../kernels/spec.ts'
import { eachWeight, type NamedWeights, type Product, type ProductTask, type TrainingRun } from './contender.ts'
import { ADAM, type BenchModel, CLASSES } from './models.ts'

type JaxArray = Jax.Array
type Tree = Record<string, JaxArray>
type Library = typeof Jax

export async function openJax() {
  // Named at run time: nothing that is shipped depends on it.
  const name = '@jax-js/jax'
  const jax = (await import(name)) as Library
  const devices = await jax.init('webgpu')
  if (!devices.includes('webgpu')) throw new Error('jax-js does not open WebGPU')
  jax.defaultDevice('webgpu')
  return {
    name: 'jax-js',
    train: async (model: BenchModel, weights: NamedWeights): Promise<TrainingRun> => trainingRun(jax, model, weights),
    multiply: async (task: ProductTask): Promise<Product> => product(jax, task),
  }
}

function trainingRun(jax: Library, { spec, batch }: BenchModel, weights: NamedWeights): TrainingRun {
  const { numpy: np, nn } = jax
  const images = spec.model.kind === 'sequential' && spec.model.input.length === 3
  const forward = spec.model.kind === 'gpt2' ? gpt(jax, batch, spec.model) : images ? cnn(jax, batch) : mlp(jax)
  const inputShape = spec.model.kind === 'gpt2' ? [batch * spec.model.nPositions] : [batch, ...spec.model.input]
  const classes = spec.model.kind === 'gpt2' ? spec.model.vocabSize : CLASSES
  const zeros = () => Object.fromEntries(eachWeight(weights).map(({ name, shape }) => [name, np.zeros([...shape])]))
  let params: Tree = Object.fromEntries(eachWeight(weights).map(({ name, shape, values }) => [name, np.array(values, { shape: [...shape] })]))
  let m: Tree = zeros()
  let v: Tree = zeros()
  const lossOf = (tree: Tree, x: JaxArray, y: JaxArray) => {
    const logits = forward(tree, x)
    return nn
      .logSoftmax(logits)
      .mul(nn.oneHot(y, classes))
      .sum()
      .mul(-1 / (y.shape[0] as number))
  }
  const [beta1, beta2] = ADAM.betas
  const step = jax.jit((tree: Tree, m: Tree, v: Tree, x: JaxArray, y: JaxArray, rate: JaxArray, correction: JaxArray) => {
    const refs = Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, value.ref]))
    const [loss, gradients] = jax.valueAndGrad(lossOf)(refs, x, y) as unknown as [JaxArray, Tree]
    const next: { tree: Tree; m: Tree; v: Tree } = { tree: {}, m: {}, v: {} }
    for (const name of Object.keys(tree)) {
      const g = gradients[name] as JaxArray
      const first = (m[name] as JaxArray).mul(beta1).add(g.ref.mul(1 - beta1))
      const second = (v[name] as JaxArray).mul(beta2).add(g.ref.mul(g).mul(1 - beta2))
      const update = first.ref.mul(rate.ref).div(np.sqrt(second.ref).mul(correction.ref).add(ADAM.eps))
      next.tree[name] = (tree[name] as JaxArray).sub(update)
      next.m[name] = first
      next.v[name] = second
    }
    rate.dispose()
    correction.dispose()
    return { loss, ...next }
  })
  let count = 0
  return {
    async steps(batches) {
      const losses: JaxArray[] = []
      for (const { x, y } of batches) {
        count++
        const rate = np.array(new Float32Array([ADAM.lr / (1 - beta1 ** count)]), { shape: [] })
        const correction = np.array(new Float32Array([1 / Math.sqrt(1 - beta2 ** count)]), { shape: [] })
        const input = np.array(x, { shape: inputShape, dtype: x instanceof Int32Array ? np.int32 : np.float32 })
        const result = step(params, m, v, input, np.array(y as Int32Array, { dtype: np.int32 }), rate, correction)
        ;({ tree: params, m, v } = result)
        losses.push(result.loss)
      }
      const values: number[] = []
      for (const loss of losses) values.push((await loss.data())[0] ?? Number.NaN)
      await jax.blockUntilReady(params)
      return values
    },
  }
}

function mlp({ numpy: np, nn }: Library) {
  return (w: Tree, x: JaxArray): JaxArray => {
    const linear = (layer: number, value: JaxArray) => np.matmul(value, (w[`${layer}.weight`] as JaxArray).transpose()).add(w[`${layer}.bias`] as JaxArray)
    return linear(4, nn.relu(linear(2, nn.relu(linear(0, x)))))
  }
}

function cnn({ numpy: np, nn, lax }: Library, batch: number) {
  return (w: Tree, x: JaxArray): JaxArray => {
    const convolve = (layer: number, value: JaxArray, channels: number, side: number): JaxArray => {
      const convolved = lax.convGeneralDilated(
        value,
        w[`${layer}.weight`] as JaxArray,
        [1, 1],
        [
          [1, 1],
          [1, 1],
        ],
      )
      const active = nn.relu(convolved.add((w[`${layer}.bias`] as JaxArray).reshape([1, channels, 1, 1])))
      return active.reshape([batch, channels, side / 2, 2, side / 2, 2]).max([3, 5])
    }
    const flat = convolve(3, convolve(0, x, 16, 28), 32, 14).reshape([batch, 7 * 7 * 32])
    return np.matmul(flat, (w['7.weight'] as JaxArray).transpose()).add(w['7.bias'] as JaxArray)
  }
}

function gpt({ numpy: np, nn }: Library, batch: number, { nPositions: length, nEmbd: width, nHead: heads, nLayer, vocabSize }: Gpt2Spec) {
  const depth = width / heads
  const rows = batch * length
  const maskValues = Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0))
  return (w: Tree, ids: JaxArray): JaxArray => {
    const weight = (name: string) => w[`transformer.${name}`] as JaxArray
    const linear = (path: string, x: JaxArray) => np.matmul(x, weight(`${path}.weight`)).add(weight(`${path}.bias`))
    const norm = (path: string, x: JaxArray) =>
      nn
        .standardize(x, -1, { epsilon: 1e-5 })
        .mul(weight(`${path}.weight`))
        .add(weight(`${path}.bias`))
    const head = (qkv: JaxArray, part: number) =>
      qkv
        .slice([], [part * width, (part + 1) * width])
        .reshape([batch, length, heads, depth])
        .transpose([0, 2, 1, 3])
    const attention = (path: string, x: JaxArray) => {
      const qkv = linear(`${path}.c_attn`, x)
      const [q, k, v] = [head(qkv.ref, 0), head(qkv.ref, 1), head(qkv, 2)]
      const mask = np.array(maskValues, { shape: [1, 1, length, length] })
      const scores = np
        .matmul(q, k.transpose([0, 1, 3, 2]))
        .mul(1 / Math.sqrt(depth))
        .add(mask)
      const mixed = np.matmul(nn.softmax(scores, -1), v)
      return linear(`${path}.c_proj`, mixed.transpose([0, 2, 1, 3]).reshape([rows, width]))
    }
    // Gathers have no gradient there: a product with one-hot rows has.
    const tokens = np.matmul(nn.oneHot(ids, vocabSize), weight('wte.weight').ref).reshape([batch, length, width])
    let x = tokens.add(weight('wpe.weight')).reshape([rows, width])
    for (let block = 0; block < nLayer; block++) {
      x = x.ref.add(attention(`h.${block}.attn`, norm(`h.${block}.ln_1`, x)))
      x = x.ref.add(linear(`h.${block}.mlp.c_proj`, nn.gelu(linear(`h.${block}.mlp.c_fc`, norm(`h.${block}.ln_2`, x)))))
    }
    return np.matmul(norm('ln_f', x), weight('wte.weight').transpose())
  }
}

function product(jax: Library, { form, size, a, b }: ProductTask): Product {
  const { numpy: np } = jax
  const [left, right] = [np.array(a, { shape: [size, size] }), np.array(b, { shape: [size, size] })]
  const multiply = jax.jit((x: JaxArray, y: JaxArray) => np.matmul(form === 'TN' ? x.transpose() : x, form === 'NT' ? y.transpose() : y))
  return {
    async repeat(times) {
      // Held until all are there: what is disposed of before it has run is never computed.
      const results = Array.from({ length: times }, () => multiply(left.ref, right.ref))
      await jax.blockUntilReady(results)
      for (const result of results) result.dispose()
    },
    read: async () => (await multiply(left.ref, right.ref).data()) as Float32Array,
    dispose() {
      left.dispose()
      right.dispose()
    },
  }
}
