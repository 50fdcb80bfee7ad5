import { eachVariant } from '../each.wgsl.ts'
import { eachOfWindow, outputsOfInput, type PoolSizes, windowsAreInside, windowsTile } from '../maxpool2d/types.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'

const OPERANDS: readonly OperandDeclaration[] = [
  { name: 'gradient', element: 'f32' },
  { name: 'places', element: 'i32' },
  { name: 'dx', element: 'f32' },
]

export function maxpool2dGradVariants(sizes: PoolSizes): KernelVariant[] {
  return [...(windowsTile(sizes) && windowsAreInside(sizes) ? [windowVariant(sizes)] : []), gatherVariant(sizes)]
}

/** Where every input lies in one window: an invocation reads an output once and writes its whole window. */
function windowVariant(sizes: PoolSizes): KernelVariant {
  const plane = sizes.inSize[0] * sizes.inSize[1]
  return eachVariant({
    name: 'window-f32',
    count: sizes.planes * sizes.outSize[0] * sizes.outSize[1],
    operands: OPERANDS,
    body: /* wgsl */ `
  let value = gradient[i];
  let own = u32(places[i]);
  ${eachOfWindow(sizes, `dx[input] = select(0.0, value, input % ${plane}u == own);`)}`,
  })
}

function gatherVariant(sizes: PoolSizes): KernelVariant {
  const plane = sizes.inSize[0] * sizes.inSize[1]
  return eachVariant({
    name: 'gather-f32',
    count: sizes.planes * plane,
    operands: OPERANDS,
    body: /* wgsl */ `
  let own = i32(i % ${plane}u);
  var sum = 0.0;
  ${outputsOfInput(sizes, 'if (places[output] == own) { sum += gradient[output]; }')}
  dx[i] = sum;`,
  })
}
