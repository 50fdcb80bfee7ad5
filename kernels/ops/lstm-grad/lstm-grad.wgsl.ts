import type { DeviceCaps } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { type RecurrentSizes, recurrentVariants } from '../recurrent.wgsl.ts'

export function lstmGradVariants(sizes: RecurrentSizes, caps: DeviceCaps): KernelVariant[] {
  const { steps, units: h } = sizes
  return recurrentVariants(
    {
      ...sizes,
      operands: ['gradient', 'activated', 'cell', 'weight', 'gates', 'carry'],
      body: ({ units, sync }) => /* wgsl */ `
  let rows = units * 4u;
  for (var back = 0u; back < steps; back++) {
    let t = ${steps - 1}u - back;
    let at = sample * ${steps}u + t;
    ${units(`
      var dh = gradient[at * ${h}u + j];
      var dc = 0.0;
      if (back > 0u) {
        let after = (at + 1u) * ${4 * h}u;
        for (var row = 0u; row < rows; row++) { dh += gates[after + row] * weight[row * ${h}u + j]; }
        dc = carry[sample * ${h}u + j];
      }
      let place = at * ${4 * h}u + j;
      let i = activated[place];
      let f = activated[place + ${h}u];
      let g = activated[place + ${2 * h}u];
      let o = activated[place + ${3 * h}u];
      let tangent = safe_tanh(cell[at * ${h}u + j]);
      dc += dh * o * (1.0 - tangent * tangent);
      var before = 0.0;
      if (t > 0u) { before = cell[(at - 1u) * ${h}u + j]; }
      gates[place] = dc * g * i * (1.0 - i);
      gates[place + ${h}u] = dc * before * f * (1.0 - f);
      gates[place + ${2 * h}u] = dc * i * (1.0 - g * g);
      gates[place + ${3 * h}u] = dh * tangent * o * (1.0 - o);
      carry[sample * ${h}u + j] = dc * f;`)}
    ${sync}
  }`,
    },
    caps,
  )
}
