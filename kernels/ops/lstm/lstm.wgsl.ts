import type { DeviceCaps } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { type RecurrentSizes, recurrentVariants } from '../recurrent.wgsl.ts'

export function lstmVariants(sizes: RecurrentSizes, caps: DeviceCaps): KernelVariant[] {
  const { steps, units: h } = sizes
  return recurrentVariants(
    {
      ...sizes,
      operands: ['gates', 'weight', 'bias', 'hidden', 'cell', 'activated'],
      body: ({ units, sync }) => /* wgsl */ `
  for (var t = 0u; t < steps; t++) {
    let at = sample * ${steps}u + t;
    ${units(`
      let place = at * ${4 * h}u + j;
      var i = gates[place] + bias[j];
      var f = gates[place + ${h}u] + bias[j + ${h}u];
      var g = gates[place + ${2 * h}u] + bias[j + ${2 * h}u];
      var o = gates[place + ${3 * h}u] + bias[j + ${3 * h}u];
      var c = 0.0;
      if (t > 0u) {
        let before = (at - 1u) * ${h}u;
        for (var k = 0u; k < units; k++) {
          let x = hidden[before + k];
          let w = j * ${h}u + k;
          i += weight[w] * x;
          f += weight[w + ${h * h}u] * x;
          g += weight[w + ${2 * h * h}u] * x;
          o += weight[w + ${3 * h * h}u] * x;
        }
        c = cell[before + j];
      }
      i = sigmoid(i);
      f = sigmoid(f);
      g = safe_tanh(g);
      o = sigmoid(o);
      c = f * c + i * g;
      cell[at * ${h}u + j] = c;
      hidden[at * ${h}u + j] = o * safe_tanh(c);
      activated[place] = i;
      activated[place + ${h}u] = f;
      activated[place + ${2 * h}u] = g;
      activated[place + ${3 * h}u] = o;`)}
    ${sync}
  }`,
    },
    caps,
  )
}
