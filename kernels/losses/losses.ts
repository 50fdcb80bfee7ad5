/**
 * The losses: what targets they need, and how they end a graph. All are sums over samples inside the core; the mean is
 * taken by whoever divides by the weight.
 */
import { KernelError } from '../errors.ts'
import { elementCount, showShape } from '../graph/graph.ts'
import { at } from '../ops/check.ts'
import type { DType, GraphBuilder, Tensor } from '../ops/op.ts'
import { pointwiseLoss } from '../ops/pointwise-loss/pointwise-loss.ts'
import type { PointwiseLoss } from '../ops/pointwise-loss/types.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy/softmax-cross-entropy.ts'
import type { CrossEntropySpec, LossSpec } from '../spec.ts'

export interface TargetType {
  /** Of one sample. */
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Class ids must be below this; `null` for targets that are values. */
  readonly classes: number | null
}

/** What the loss compares an output of this shape with; throws BAD_MODEL where it cannot. */
export function targetOf(loss: LossSpec, output: readonly number[]): TargetType {
  switch (loss.type) {
    case 'cross-entropy': {
      const classes = output.at(-1)
      if (classes === undefined || classes < 2) {
        throw new KernelError(
          'BAD_MODEL',
          `loss cross-entropy: the model's output is ${showShape(output)}, at least 2 classes in the last dimension are needed`,
          { output },
        )
      }
      return { shape: output.slice(0, -1), dtype: 'i32', classes }
    }
    case 'mse':
    case 'l1':
    case 'huber':
    case 'bce-with-logits':
      return { shape: output, dtype: 'f32', classes: null }
    default:
      throw new KernelError(
        'BAD_MODEL',
        `loss: unknown type "${String((loss as { type: unknown }).type)}"; supported are cross-entropy, mse, l1, huber, bce-with-logits`,
        {},
      )
  }
}

export interface LossOptions {
  readonly withGradient: boolean
  /** The gradient is multiplied by the step's loss scale. */
  readonly scaled: boolean
}

/** Appends the loss as the graph's last node and returns its `rowStats: [R, 4]`. `prediction: [B, ...output]`, `target: [B, ...]`. */
export function buildLoss(graph: GraphBuilder, loss: LossSpec, prediction: Tensor, target: Tensor, options: LossOptions): Tensor {
  const batch = at(prediction.shape, 0)
  if (loss.type !== 'cross-entropy') {
    const shape = [batch, elementCount(prediction.shape.slice(1))]
    const flat = (tensor: Tensor) => (tensor.shape.length === 2 ? tensor : graph.one(reshape, [tensor], { shape }))
    return at(graph.add(pointwiseLoss, [flat(prediction), flat(target)], { loss: pointwise(loss), ...options }), 0)
  }
  const classes = prediction.shape.at(-1) ?? 0
  const rows = elementCount(prediction.shape) / classes
  const logits = prediction.shape.length === 2 ? prediction : graph.one(reshape, [prediction], { shape: [rows, classes] })
  const labels = target.shape.length === 1 ? target : graph.one(reshape, [target], { shape: [rows] })
  const { labelSmoothing, ignoreIndex } = loss
  return at(graph.add(softmaxCrossEntropy, [logits, labels], { labelSmoothing, ignoreIndex, rowsPerSample: rows / batch, ...options }), 0)
}

function pointwise(loss: Exclude<LossSpec, CrossEntropySpec>): PointwiseLoss {
  return loss.type === 'huber' ? { kind: 'huber', delta: loss.delta } : { kind: loss.type }
}
