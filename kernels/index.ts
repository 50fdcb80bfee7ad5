/**
 * The training core's public surface. It knows no network, no files and neither Node nor the page: a host gives it a
 * `GPU` object and bytes.
 */
export type { DeviceCaps } from './device/caps.ts'
export { type DeviceBuffer, KernelDevice, type OpenDeviceOptions, openDevice } from './device/device.ts'
export { type MemoryCategory, MemoryLedger } from './device/ledger.ts'
export { createEngine, GpuEngine } from './engine/engine.ts'
export { type CheckedLayer, type CheckedModel, checkModel, estimateMemory, initialParameters, layoutOf } from './engine/estimate.ts'
export { thetaHash } from './engine/hash.ts'
export { referencePrediction } from './engine/prediction.ts'
export { createPredictor, type Predictor } from './engine/predictor.ts'
export { type ReferenceResult, referenceGradient } from './engine/reference.ts'
export type * from './engine/types.ts'
export { KernelError, type KernelErrorCode } from './errors.ts'
export type { OptionDescription } from './layers/layer.ts'
export { describeLayers, type LayerDescription } from './layers/registry.ts'
export type { TargetType } from './losses/losses.ts'
export { HostOptimizer, type HostOptimizerOutput } from './optim/host.ts'
export { optimizerScalars, stateNames } from './optim/rules.ts'
export { scheduleFactor } from './optim/schedule.ts'
export { threefry2x32 } from './random/threefry.ts'
export type * from './report.ts'
export type * from './spec.ts'
