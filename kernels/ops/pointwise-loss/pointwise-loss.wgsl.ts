import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'
import type { PointwiseLoss, PointwiseLossAttributes } from './types.ts'

/** Value and derivative in `x` (prediction), `y` (target) and `d` = x − y. */
function rulesOf(loss: PointwiseLoss): { readonly value: string; readonly slope: string } {
  switch (loss.kind) {
    case 'mse':
      return { value: 'd * d', slope: '2.0 * d' }
    case 'l1':
      return { value: 'abs(d)', slope: 'sign(d)' }
    case 'huber': {
      const delta = wgslFloat(loss.delta)
      return {
        value: `select(${delta} * (abs(d) - 0.5 * ${delta}), 0.5 * d * d, abs(d) <= ${delta})`,
        slope: `clamp(d, -${delta}, ${delta})`,
      }
    }
    case 'bce-with-logits':
      return { value: 'max(x, 0.0) - x * y + log(1.0 + exp(-abs(x)))', slope: 'select(exp(-abs(x)), 1.0, x >= 0.0) / (1.0 + exp(-abs(x))) - y' }
  }
}

export function pointwiseLossVariants(
  shape: readonly number[],
  { loss, withGradient, scaled, firstRow = 0 }: PointwiseLossAttributes,
  caps: DeviceCaps,
): KernelVariant[] {
  const [rows = 0, columns = 0] = shape
  const { value, slope } = rulesOf(loss)
  const operands: OperandDeclaration[] = [
    { name: 'prediction', element: 'f32' },
    { name: 'wanted', element: 'f32' },
    { name: 'row_stats', element: 'vec4f' },
  ]
  if (withGradient) operands.push({ name: 'gradient', element: 'f32' })
  return rowVariants(
    {
      rows,
      length: columns,
      bound: loopBound(columns, 'prediction'),
      operands,
      usesStep: true,
      // Rows that do not count contribute zero, whatever they hold.
      body: ({ each, sum, once }) => /* wgsl */ `
  let counts = row + ${firstRow}u < step.count;
  var total = 0.0;
  ${each(`
    let i = row * ${columns}u + c;
    let x = prediction[i];
    let y = wanted[i];
    let d = x - y;
    total += select(0.0, ${value}, counts);
    ${withGradient ? `gradient[i] = select(0.0, ${scaled ? `step.lossScale * (${slope})` : slope}, counts);` : ''}`)}
  ${sum('total')}
  ${once(`row_stats[row] = vec4f(total, select(0.0, ${wgslFloat(columns)}, counts), 0.0, 0.0);`)}`,
    },
    caps,
  )
}
