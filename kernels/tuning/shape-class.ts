/**
 * Shapes that are alike for a kernel: sizes between the same powers of two, whole vec4s or not. One measurement stands for
 * all of them.
 */
import type { NodeTypes, TensorType } from '../ops/op.ts'

export function shapeClassOf(op: string, { attributes, inputs, outputs }: NodeTypes<unknown>): string {
  // Which layer's mask it is makes no difference to a kernel.
  const options = JSON.stringify(attributes, (key, value: unknown) => (key === 'layer' ? undefined : value))
  const narrow = outputs.some(({ dtype }) => dtype === 'f16') ? ' to f16' : ''
  return `${op} ${options} ${inputs.map(classOf).join(' ')}${narrow}`
}

function classOf({ shape, dtype }: TensorType): string {
  return `${dtype}[${shape.map((size) => `${2 ** Math.ceil(Math.log2(Math.max(1, size)))}${size % 4 === 0 ? '' : '~'}`).join(',')}]`
}
