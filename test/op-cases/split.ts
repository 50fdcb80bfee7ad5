/**
 * Nodes with operands larger than a small binding, of random shapes: what `split` rules are held against. A test asserts
 * that every op that has a rule is here.
 */
import type { Activation } from '../../kernels/ops/activation.ts'
import { add } from '../../kernels/ops/add/add.ts'
import { addRows } from '../../kernels/ops/add-rows/add-rows.ts'
import { attention } from '../../kernels/ops/attention/attention.ts'
import { attentionGrad } from '../../kernels/ops/attention-grad/attention-grad.ts'
import { avgpool2d } from '../../kernels/ops/avgpool2d/avgpool2d.ts'
import { avgpool2dGrad } from '../../kernels/ops/avgpool2d-grad/avgpool2d-grad.ts'
import { batchnorm } from '../../kernels/ops/batchnorm/batchnorm.ts'
import { batchnormApply } from '../../kernels/ops/batchnorm-apply/batchnorm-apply.ts'
import { batchnormGrad } from '../../kernels/ops/batchnorm-grad/batchnorm-grad.ts'
import { cast } from '../../kernels/ops/cast/cast.ts'
import { columnSum } from '../../kernels/ops/column-sum/column-sum.ts'
import { combine } from '../../kernels/ops/combine/combine.ts'
import { conv2d } from '../../kernels/ops/conv2d/conv2d.ts'
import { conv2dInputGrad } from '../../kernels/ops/conv2d-input-grad/conv2d-input-grad.ts'
import { conv2dWeightGrad } from '../../kernels/ops/conv2d-weight-grad/conv2d-weight-grad.ts'
import { dropout } from '../../kernels/ops/dropout/dropout.ts'
import { embedding } from '../../kernels/ops/embedding/embedding.ts'
import { embeddingGrad } from '../../kernels/ops/embedding-grad/embedding-grad.ts'
import { gru } from '../../kernels/ops/gru/gru.ts'
import { gruGrad } from '../../kernels/ops/gru-grad/gru-grad.ts'
import { lstm } from '../../kernels/ops/lstm/lstm.ts'
import { lstmGrad } from '../../kernels/ops/lstm-grad/lstm-grad.ts'
import { matmul } from '../../kernels/ops/matmul/matmul.ts'
import type { MatmulAttributes } from '../../kernels/ops/matmul/types.ts'
import { maxpool2d } from '../../kernels/ops/maxpool2d/maxpool2d.ts'
import { maxpool2dGrad } from '../../kernels/ops/maxpool2d-grad/maxpool2d-grad.ts'
import { norm } from '../../kernels/ops/norm/norm.ts'
import { normGrad } from '../../kernels/ops/norm-grad/norm-grad.ts'
import { normScaleGrad } from '../../kernels/ops/norm-scale-grad/norm-scale-grad.ts'
import { pointwiseLoss } from '../../kernels/ops/pointwise-loss/pointwise-loss.ts'
import { rowBroadcast } from '../../kernels/ops/row-broadcast/row-broadcast.ts'
import { rowDot } from '../../kernels/ops/row-dot/row-dot.ts'
import { rowSum } from '../../kernels/ops/row-sum/row-sum.ts'
import { softmax } from '../../kernels/ops/softmax/softmax.ts'
import { softmaxCrossEntropy } from '../../kernels/ops/softmax-cross-entropy/softmax-cross-entropy.ts'
import { softmaxGrad } from '../../kernels/ops/softmax-grad/softmax-grad.ts'
import { unary } from '../../kernels/ops/unary/unary.ts'
import { unaryGrad } from '../../kernels/ops/unary-grad/unary-grad.ts'
import { unitScale } from '../../kernels/ops/unit-scale/unit-scale.ts'
import { weigh } from '../../kernels/ops/weigh/weigh.ts'
import { window } from '../../kernels/ops/window/window.ts'
import { testRandom } from '../random.ts'
import { type OpCase, opCase } from './case.ts'

/** Operands of the cases are larger, what a rule leaves whole is smaller. */
const SMALL_BINDING_BYTES = 4096
/** 64 rows of the products' odd widths fit, as many as make a multiple of 256 bytes. */
const MATMUL_BINDING_BYTES = 18_432

export interface SplitCase extends OpCase {
  readonly maxBytes: number
}

const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
const GELU: Activation = { kind: 'gelu-tanh' }

export function splitCases(seed: number): SplitCase[] {
  const random = testRandom(seed)
  const between = (low: number, high: number) => random.integer(low, high + 1)
  const integers = (length: number, high: number) => Float64Array.from({ length }, () => random.integer(0, high))
  const units = (length: number) => Float64Array.from({ length }, () => 0.1 + 0.8 * random.unit())
  const title = `of seed ${seed}`

  /** Any shape: only its elements count. */
  const many = [3, between(345, 600)]
  /** Rows: at most 16 elements, so that 64 of them fit. */
  const [rows, width] = [between(94, 128), between(11, 16)]
  const matrix = [rows, width]
  const lines = [5, between(4, 6), 64]
  const short = { count: Math.floor(rows * 0.8) }

  const channels = 2
  const image = [between(64, 80), channels, between(3, 4), 4]
  const [samples = 0, , height = 0, side = 0] = image
  const pool = { kernel: [2, 2], stride: [1, 1], padding: [1, 0] } as const
  const pooled = [samples, channels, height + 1, side - 1]
  const places = maxpool2d.reference(
    [new Float64Array(elements(image)).map(() => random.unit())],
    { attributes: pool, inputs: [{ shape: image, dtype: 'f32' }], outputs: [] },
    { count: 1, step: 1, seed: 0, sampleOffset: 0 },
  )[1] as Float64Array
  const convolution = { stride: [1, 1], padding: [1, 1], groups: 1 } as const
  const filter = [3, channels, 3, 3]
  const convolved = [samples, 3, height, side]
  const perChannel = [channels]
  const planes = [samples, channels, height * side]

  const vocabulary = between(130, 200)
  const table = [vocabulary, width]

  const group = { channels: 4, groups: 2, spatial: 5, eps: 1e-5, centered: true }
  const grouped = [2 * between(52, 64), 10]
  const stats = [grouped[0] ?? 0, 2]
  const positive = (length: number) => units(length)

  const [batch, length, heads, depth] = [between(6, 8), 8, 2, 4]
  const qkv = [batch, length, 3 * heads * depth]
  const attending = { heads, dropout: { p: 0.3, layer: 2 } }

  const [steps, hidden] = [between(2, 3), 4]
  const walkers = between(35, 60)
  const states = [walkers, steps, hidden]
  const gates = (count: number) => [walkers, steps, count * hidden]
  const recurrent = (count: number) => [[count * hidden, hidden], [count * hidden]]
  const active = { values: [null, units(elements(gates(4))), null, null], scale: 1 }

  const cases = [
    opCase(title, unary, { activation: GELU }, [many]),
    opCase(title, unaryGrad, { activation: GELU }, [many, many]),
    // A piece has as many elements of either type, and begins at a multiple of 256 bytes in both.
    opCase(title, cast, { to: 'f16' }, [many]),
    opCase(title, add, {}, [many, many]),
    opCase(title, combine, { alpha: 3.4445, beta: -2 }, [many, many]),
    opCase(title, unitScale, { eps: 1e-7 }, [many, [1, 1]], { values: [null, Float64Array.of(2.5)] }),
    opCase(title, weigh, {}, [many, [1, 4]]),
    opCase(title, addRows, {}, [matrix, [width]]),
    opCase(title, rowSum, { scale: 0.5 }, [matrix]),
    opCase(title, rowBroadcast, { length: width, scale: 0.5 }, [[rows]]),
    opCase(title, rowDot, {}, [matrix, matrix]),
    opCase(title, softmax, {}, [lines]),
    opCase(title, softmaxGrad, {}, [lines, lines]),
    opCase(title, window, { offset: -1, size: lines[1] ?? 0 }, [lines]),
    opCase(title, norm, { channels: width, groups: 1, spatial: 1, eps: 1e-5, centered: false }, [matrix, [width]]),
    opCase(title, norm, group, [grouped, [4], [4]]),
    opCase(title, normGrad, group, [grouped, grouped, stats, [4]], { values: [null, null, positive(elements(stats)), null] }),
    opCase(title, normScaleGrad, {}, [grouped, grouped, stats]),
    opCase(title, dropout, { p: 0.4, layer: 3 }, [[rows, 3, 5]]),
    opCase(title, softmaxCrossEntropy, { labelSmoothing: 0.1, ignoreIndex: -100, rowsPerSample: 2, withGradient: true, scaled: true }, [matrix, [rows]], {
      integers: [1],
      values: [null, integers(rows, width)],
      step: { count: Math.floor(short.count / 2) },
    }),
    opCase(title, pointwiseLoss, { loss: { kind: 'huber', delta: 0.75 }, withGradient: true, scaled: true }, [matrix, matrix], { step: short }),
    opCase(title, attention, attending, [qkv], { scale: 1 }),
    opCase(title, attentionGrad, attending, [qkv, [batch, length, heads * depth], [batch, heads, length], [batch * length * heads]], {
      scale: 1,
      values: [null, null, new Float64Array(batch * heads * length).fill(2), null],
    }),
    opCase(title, maxpool2d, pool, [image]),
    opCase(title, maxpool2dGrad, { ...pool, inSize: [height, side] as const }, [pooled, pooled], { values: [null, places], integers: [1] }),
    opCase(title, avgpool2d, pool, [image]),
    opCase(title, avgpool2dGrad, { ...pool, inSize: [height, side] as const }, [pooled]),
    opCase(title, conv2d, { ...convolution, activation: { kind: 'relu' } }, [image, filter, [3]]),
    opCase(title, conv2dInputGrad, { ...convolution, inSize: [height, side] as const }, [convolved, filter]),
    opCase(title, batchnormApply, { eps: 1e-5 }, [planes, perChannel, perChannel, perChannel, perChannel], {
      values: [null, null, positive(channels), null, null],
    }),
    opCase(title, lstm, {}, [gates(4), ...recurrent(4)], { scale: 1 }),
    opCase(title, lstmGrad, {}, [states, gates(4), states, [4 * hidden, hidden]], active),
    opCase(title, gru, {}, [gates(3), ...recurrent(3)], { scale: 1 }),
    opCase(title, gruGrad, {}, [states, gates(4), states, [3 * hidden, hidden]], active),
    opCase(`${title}, whole parts`, columnSum, { rowsPerPart: 16 }, [matrix]),
    opCase(`${title}, parts too large`, columnSum, { rowsPerPart: 128 }, [[between(129, 200), 16]]),
    opCase(title, embedding, {}, [[rows], table], { integers: [0], values: [integers(rows, vocabulary), null] }),
    opCase(title, embeddingGrad, { vocabulary }, [[rows], matrix], { integers: [0], values: [integers(rows, vocabulary), null] }),
    opCase(`${title}, whole parts`, conv2dWeightGrad, { ...convolution, kernel: [3, 3] as const, samplesPerPart: 16 }, [convolved, image]),
    opCase(`${title}, parts too large`, conv2dWeightGrad, { ...convolution, kernel: [3, 3] as const, samplesPerPart: 64 }, [convolved, image]),
    opCase(title, batchnorm, { eps: 1e-5 }, [planes, perChannel, perChannel], { step: { count: samples - 9 } }),
    opCase(title, batchnormGrad, {}, [planes, planes, perChannel, perChannel, perChannel], {
      step: { count: samples - 9 },
      values: [null, null, null, positive(channels), null],
    }),
  ]
  return [...cases.map((one) => ({ ...one, maxBytes: SMALL_BINDING_BYTES })), ...productCases(title, between)]
}

/** Each is cut along both sides that its form can be cut along: odd sizes, and such as are read four at a time. */
function productCases(title: string, between: (low: number, high: number) => number): SplitCase[] {
  const odd = [between(66, 72), 67, 71] as const
  const even = [72 + 4 * between(0, 1), 68, 72] as const
  const bare: MatmulAttributes = { form: 'NN', activation: null }
  return (['NN', 'NT', 'TN'] as const).flatMap((form) => {
    const shapes = ([m, n, k]: readonly [number, number, number]) => [form === 'TN' ? [k, m] : [m, k], form === 'NT' ? [n, k] : [k, n]]
    const [m, n] = even
    return [
      opCase(`${form} ${title}`, matmul, { ...bare, form }, shapes(odd)),
      opCase(`${form} ${title}, all extras`, matmul, { form, activation: { kind: 'relu' }, residual: true }, [...shapes(even), [n], [m, n]]),
    ].map((one) => ({ ...one, maxBytes: MATMUL_BINDING_BYTES }))
  })
}
