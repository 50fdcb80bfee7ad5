/**
 * WGSL of tensors that lie in memory as f16. Kernels compute in f32 whatever their operands are: a load converts up, a
 * store converts down, and everything between is the same text for both.
 */
import type { DType, ElementType } from './op.ts'

/** Element under which a tensor is bound, one or four at a time. */
export function storedAs(dtype: DType, width: 1 | 4): ElementType {
  if (dtype === 'f16') return width === 4 ? 'vec4h' : 'f16'
  return width === 4 ? 'vec4f' : 'f32'
}

/** `expression`, an element of a tensor, as f32 or vec4f. */
export function loaded(dtype: DType, width: 1 | 4, expression: string): string {
  return dtype === 'f16' ? `${width === 4 ? 'vec4f' : 'f32'}(${expression})` : expression
}

/** `value`, an f32 or vec4f, as an element of a tensor; a kernel that stores halves needs `storeFunctions`. */
export function toStore(dtype: DType, width: 1 | 4, value: string): string {
  return dtype === 'f16' ? `${width === 4 ? 'to_half4' : 'to_half'}(${value})` : value
}

/**
 * WGSL leaves open what `f16(x)` is beyond the range, and hardware that rounds towards zero answers with the largest half:
 * then an overflow would train on in silence. So what rounds beyond it (from 65,520 on) is made infinity first; NaN stays.
 * Without a branch, and short: a software driver compiles it once per output.
 */
const TO_HALF = /* wgsl */ `fn to_half(x: f32) -> f16 {
  let infinite = bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x7f800000u);
  return f16(select(x, infinite, abs(x) >= 65520.0));
}
fn to_half4(x: vec4f) -> vec4h {
  let infinite = bitcast<vec4f>((bitcast<vec4u>(x) & vec4u(0x80000000u)) | vec4u(0x7f800000u));
  return vec4h(select(x, infinite, abs(x) >= vec4f(65520.0)));
}`

/** Module-scope WGSL that stores of this type call. */
export function storeFunctions(dtype: DType): string {
  return dtype === 'f16' ? TO_HALF : ''
}
