/**
 * The activation functions, once: WGSL for value and derivative, and the float64 truth. They are used by `unary`, by
 * `unary-grad` and by matmul's fused epilogue.
 *
 * `derivativeFrom: 'output'` means that the derivative is a function of the activation's output alone; then the value
 * before the activation need not be kept, and a matmul may apply the function in its epilogue.
 */
import { wgslFloat } from '../plan/wgsl.ts'
import { erf } from './erf.ref.ts'

export type Activation =
  | { readonly kind: 'identity' | 'relu' | 'sigmoid' | 'tanh' | 'silu' | 'gelu' | 'gelu-tanh' }
  | { readonly kind: 'leakyrelu'; readonly slope: number }

interface ActivationRules {
  readonly derivativeFrom: 'input' | 'output'
  /** Helper functions that `value` and `derivative` call. */
  readonly helpers: string
  /** WGSL expression in scalar f32 `x`. */
  readonly value: string
  /** WGSL expression in scalar f32 `s`, the saved input or output. */
  readonly derivative: string
  readonly reference: (x: number) => number
  /** Of the saved value. */
  readonly referenceDerivative: (saved: number) => number
}

// tanh is clamped to +-15 (tanh(100) is NaN on SwiftShader; 1 - tanh(15) is below f32 resolution).
export const TANH = /* wgsl */ `fn safe_tanh(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }`
export const SIGMOID = /* wgsl */ `fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0))); }`
// Normal distribution function by Abramowitz & Stegun 7.1.26 (absolute error 1.5e-7): WGSL has no erf.
const NORMAL_CDF = /* wgsl */ `fn normal_cdf(x: f32) -> f32 {
  let z = abs(x) * 0.70710678;
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = 0.5 * poly * exp(-min(z * z, 80.0));
  return select(tail, 1.0 - tail, x >= 0.0);
}`
const GELU_INNER = /* wgsl */ `fn gelu_inner(x: f32) -> f32 { return 0.7978845608 * (x + 0.044715 * x * x * x); }`

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const normalCdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2))
const geluInner = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)

export function activationRules(activation: Activation): ActivationRules {
  switch (activation.kind) {
    case 'identity':
      return {
        derivativeFrom: 'output',
        helpers: '',
        value: 'x',
        derivative: '1.0',
        reference: (x) => x,
        referenceDerivative: () => 1,
      }
    case 'relu':
      return {
        derivativeFrom: 'output',
        helpers: '',
        value: 'max(x, 0.0)',
        derivative: 'select(0.0, 1.0, s > 0.0)',
        reference: (x) => Math.max(x, 0),
        referenceDerivative: (y) => (y > 0 ? 1 : 0),
      }
    case 'leakyrelu': {
      // A negative slope would make the output's sign ambiguous; the layer refuses it.
      const slope = activation.slope
      return {
        derivativeFrom: 'output',
        helpers: '',
        value: `select(${wgslFloat(slope)} * x, x, x > 0.0)`,
        derivative: `select(${wgslFloat(slope)}, 1.0, s > 0.0)`,
        reference: (x) => (x > 0 ? x : slope * x),
        referenceDerivative: (y) => (y > 0 ? 1 : slope),
      }
    }
    case 'sigmoid':
      return {
        derivativeFrom: 'output',
        helpers: SIGMOID,
        value: 'sigmoid(x)',
        derivative: 's * (1.0 - s)',
        reference: sigmoid,
        referenceDerivative: (y) => y * (1 - y),
      }
    case 'tanh':
      return {
        derivativeFrom: 'output',
        helpers: TANH,
        value: 'safe_tanh(x)',
        derivative: '1.0 - s * s',
        reference: Math.tanh,
        referenceDerivative: (y) => 1 - y * y,
      }
    case 'silu':
      return {
        derivativeFrom: 'input',
        helpers: SIGMOID,
        value: 'x * sigmoid(x)',
        derivative: 'sigmoid(s) * (1.0 + s * (1.0 - sigmoid(s)))',
        reference: (x) => x * sigmoid(x),
        referenceDerivative: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
      }
    case 'gelu':
      return {
        derivativeFrom: 'input',
        helpers: NORMAL_CDF,
        value: 'x * normal_cdf(x)',
        derivative: 'normal_cdf(s) + s * 0.3989422804 * exp(-min(0.5 * s * s, 80.0))',
        reference: (x) => x * normalCdf(x),
        referenceDerivative: (x) => normalCdf(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
      }
    case 'gelu-tanh':
      return {
        derivativeFrom: 'input',
        helpers: `${TANH}\n${GELU_INNER}`,
        value: '0.5 * x * (1.0 + safe_tanh(gelu_inner(x)))',
        derivative:
          '0.5 * (1.0 + safe_tanh(gelu_inner(s))) + 0.5 * s * (1.0 - safe_tanh(gelu_inner(s)) * safe_tanh(gelu_inner(s))) * 0.7978845608 * (1.0 + 0.134145 * s * s)',
        reference: (x) => 0.5 * x * (1 + Math.tanh(geluInner(x))),
        referenceDerivative: (x) => {
          const t = Math.tanh(geluInner(x))
          return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)
        },
      }
  }
}

/** `fn activate(x: f32) -> f32` for splicing into a kernel; the identity where there is none. */
export function activateFunction(activation: Activation | null): string {
  if (activation === null) return 'fn activate(x: f32) -> f32 { return x; }'
  const rules = activationRules(activation)
  return `${rules.helpers}\nfn activate(x: f32) -> f32 { return ${rules.value}; }`
}
