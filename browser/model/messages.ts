/** What the page and the model's Worker say to one another; every request has an id and one answer. */
import type { ModelSpec } from '../../kernels/spec.ts'
import type { Loaded } from './host.ts'

export type ToModel =
  | { readonly type: 'load'; readonly id: number; readonly model: ModelSpec; readonly weights: Uint8Array; readonly label: string }
  | { readonly type: 'predict'; readonly id: number; readonly x: Float32Array }
  | { readonly type: 'dispose'; readonly id: number }

export type FromModel =
  | { readonly type: 'loaded'; readonly id: number; readonly loaded: Loaded }
  | { readonly type: 'answer'; readonly id: number; readonly output: Float32Array; readonly milliseconds: number }
  | { readonly type: 'disposed'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly code: string; readonly message: string }
