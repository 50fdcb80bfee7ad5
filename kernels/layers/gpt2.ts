/**
 * GPT-2 as Hugging Face's GPT2LMHeadModel has it: the same tensors under the same names (`transformer.h.0.attn.c_attn.weight`
 * is `[in, out]`, as its Conv1D stores it), GELU by tanh, the head tied to the token embedding and not stored.
 *
 *   `ids: [B, nPositions]` i32  →  logits `[B, nPositions, vocabSize]`
 */
import { KernelError } from '../errors.ts'
import { add } from '../ops/add/add.ts'
import { addRows } from '../ops/add-rows/add-rows.ts'
import { attention } from '../ops/attention/attention.ts'
import { dropout } from '../ops/dropout/dropout.ts'
import { embedding } from '../ops/embedding/embedding.ts'
import { matmul } from '../ops/matmul/matmul.ts'
import type { Tensor } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { unary } from '../ops/unary/unary.ts'
import type { Gpt2Spec } from '../spec.ts'
import { finishModel, type ModelContext, type ModelParameter, type ModelPart, type ResolvedModel } from './model-parts.ts'
import { layerNorm } from './norms.ts'

const LAYER_NORM_EPS = 1e-5
/** Hugging Face's `initializer_range`. */
const DEVIATION = 0.02

export function resolveGpt2(spec: Gpt2Spec): ResolvedModel {
  const { vocabSize, nPositions, nEmbd, nLayer, nHead } = spec
  for (const [name, value] of Object.entries({ vocabSize, nPositions, nEmbd, nLayer, nHead })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new KernelError('BAD_MODEL', `model gpt2: "${name}" must be a whole number of at least 1, got ${JSON.stringify(value)}`, { option: name })
    }
  }
  if (nEmbd % nHead !== 0) {
    throw new KernelError('BAD_MODEL', `model gpt2: "nEmbd" must divide into ${nHead} heads ("nHead"), got ${nEmbd}`, { nEmbd, nHead })
  }
  if (!(spec.dropout >= 0 && spec.dropout < 1)) {
    throw new KernelError('BAD_MODEL', `model gpt2: "dropout" must be at least 0 and below 1, got ${JSON.stringify(spec.dropout)}`, { option: 'dropout' })
  }
  const hidden = [nPositions, nEmbd]
  const blocks = Array.from({ length: nLayer }, (_, i) =>
    part(`transformer.h.${i}`, 'block', hidden, hidden, blockParameters(`transformer.h.${i}`, nEmbd, nLayer)),
  )
  return finishModel({
    input: [nPositions],
    inputType: 'i32',
    vocabulary: vocabSize,
    output: [nPositions, vocabSize],
    parts: [
      part('transformer.wte', 'embedding', [nPositions], hidden, [{ ...normal('transformer.wte.weight', [vocabSize, nEmbd]), table: true }]),
      part('transformer.wpe', 'positions', hidden, hidden, [{ ...normal('transformer.wpe.weight', [nPositions, nEmbd]), table: true }]),
      ...blocks,
      part('transformer.ln_f', 'layernorm', hidden, hidden, normParameters('transformer.ln_f', nEmbd)),
      part('lm_head', 'tied head', hidden, [nPositions, vocabSize], []),
    ],
    // The head is the embedding; older files hold each block's causal mask.
    ignored: ['lm_head.weight', ...blocks.flatMap(({ path }) => [`${path}.attn.bias`, `${path}.attn.masked_bias`])],
    build: (context, x) => buildGpt2(spec, context, x),
  })
}

function part(path: string, type: string, input: readonly number[], output: readonly number[], parameters: readonly ModelParameter[]): ModelPart {
  return { path, type, input, output, parameters, buffers: [] }
}

function normal(name: string, shape: readonly number[], deviation = DEVIATION): ModelParameter {
  return { name, shape, init: { kind: 'normal', deviation } }
}

function constant(name: string, shape: readonly number[], value: number): ModelParameter {
  return { name, shape, init: { kind: 'constant', value } }
}

function normParameters(path: string, width: number): ModelParameter[] {
  return [constant(`${path}.weight`, [width], 1), constant(`${path}.bias`, [width], 0)]
}

function blockParameters(path: string, width: number, layers: number): ModelParameter[] {
  const linear = (name: string, inputs: number, outputs: number, deviation?: number) => [
    normal(`${path}.${name}.weight`, [inputs, outputs], deviation),
    constant(`${path}.${name}.bias`, [outputs], 0),
  ]
  // What is added to the residual stream starts smaller, the deeper the model (GPT-2 paper, section 2.3).
  const intoResidual = DEVIATION / Math.sqrt(2 * layers)
  return [
    ...normParameters(`${path}.ln_1`, width),
    ...linear('attn.c_attn', width, 3 * width),
    ...linear('attn.c_proj', width, width, intoResidual),
    ...normParameters(`${path}.ln_2`, width),
    ...linear('mlp.c_fc', width, 4 * width),
    ...linear('mlp.c_proj', 4 * width, width, intoResidual),
  ]
}

function buildGpt2({ nPositions, nEmbd, nLayer, nHead, vocabSize, dropout: p }: Gpt2Spec, context: ModelContext, ids: Tensor): Tensor {
  const { graph, tensor } = context
  const batch = ids.shape[0] ?? 0
  const rows = batch * nPositions
  // A mask per place where Hugging Face drops something, numbered in the order of the forward pass.
  let masks = 0
  const dropping = context.training && p > 0
  const dropped = (x: Tensor): Tensor => {
    const layer = masks++
    if (!dropping) return x
    // By sample, so that the mask does not depend on how a batch is split.
    const perSample = graph.one(reshape, [x], { shape: [batch, nPositions * nEmbd] })
    return graph.one(reshape, [graph.one(dropout, [perSample], { p, layer })], { shape: x.shape })
  }
  const norm = (path: string, x: Tensor) => layerNorm({ graph, parameter: (name) => tensor(`${path}.${name}`) }, x, LAYER_NORM_EPS)
  const linear = (path: string, x: Tensor) => graph.one(matmul, [x, tensor(`${path}.weight`), tensor(`${path}.bias`)], { form: 'NN', activation: null })

  const tokens = graph.one(embedding, [graph.one(reshape, [ids], { shape: [rows] }), tensor('transformer.wte.weight')], {})
  const perSample = graph.one(reshape, [tokens], { shape: [batch, nPositions * nEmbd] })
  const positions = graph.one(reshape, [tensor('transformer.wpe.weight')], { shape: [nPositions * nEmbd] })
  let x = dropped(graph.one(reshape, [graph.one(addRows, [perSample, positions], {})], { shape: [rows, nEmbd] }))
  const block = (path: string, input: Tensor): Tensor => {
    let x = input
    const qkv = graph.one(reshape, [linear(`${path}.attn.c_attn`, norm(`${path}.ln_1`, x))], { shape: [batch, nPositions, 3 * nEmbd] })
    const layer = masks++
    const attended = graph.add(attention, [qkv], { heads: nHead, dropout: dropping ? { p, layer } : null })[0] ?? qkv
    const flat = graph.one(reshape, [attended], { shape: [rows, nEmbd] })
    x = graph.one(add, [x, dropped(linear(`${path}.attn.c_proj`, flat))], {})
    const inner = graph.one(unary, [linear(`${path}.mlp.c_fc`, norm(`${path}.ln_2`, x))], { activation: { kind: 'gelu-tanh' } })
    x = graph.one(add, [x, dropped(linear(`${path}.mlp.c_proj`, inner))], {})
    return x
  }
  for (let i = 0; i < nLayer; i++) {
    const [path, input] = [`transformer.h.${i}`, x]
    x = graph.within(path, () => block(path, input))
  }
  const logits = graph.one(matmul, [norm('transformer.ln_f', x), tensor('transformer.wte.weight')], { form: 'NT', activation: null })
  return graph.one(reshape, [logits], { shape: [batch, nPositions, vocabSize] })
}
