/**
 * What a kernel generator may know of a device: enough to choose between variants, nothing it could allocate with.
 * Plain data, so that selection and fallback are testable with an invented device.
 */
export interface SubgroupMatrix {
  /** Of a product `[m, k]`·`[k, n]`. */
  readonly m: number
  readonly n: number
  readonly k: number
}

export interface DeviceCaps {
  /** `cpu`: a software rasteriser (lavapipe, SwiftShader, WARP), where workgroup memory and barriers cost more than they save. */
  readonly kind: 'gpu' | 'cpu'
  readonly vendor: string
  readonly architecture: string
  /** `shader-f16` is enabled on the device. */
  readonly f16: boolean
  readonly subgroups: boolean
  /** 0 where unknown. */
  readonly subgroupMinSize: number
  readonly subgroupMaxSize: number
  /** Kernels may say how many lanes their subgroups have. */
  readonly subgroupSizeControl: boolean
  /** Products of f16 matrices, summed in f32, that the hardware does for a subgroup; empty where it does none. */
  readonly subgroupMatrices: readonly SubgroupMatrix[]
  readonly maxWorkgroupStorageBytes: number
  readonly maxInvocationsPerWorkgroup: number
  readonly maxStorageBuffersPerStage: number
  readonly maxBindingBytes: number
  readonly maxBufferBytes: number
}

/** The least that WebGPU promises anywhere: a variant that fits this fits every device. */
export const BASELINE_CAPS: DeviceCaps = {
  kind: 'gpu',
  vendor: '',
  architecture: '',
  f16: false,
  subgroups: false,
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
  subgroupSizeControl: false,
  subgroupMatrices: [],
  maxWorkgroupStorageBytes: 16_384,
  maxInvocationsPerWorkgroup: 256,
  maxStorageBuffersPerStage: 8,
  maxBindingBytes: 134_217_728,
  maxBufferBytes: 268_435_456,
}

/** Lanes of a subgroup where that is one number; null where it is not known before a kernel runs, or too small to share anything. */
export function fixedSubgroupSize({ subgroups, subgroupMinSize, subgroupMaxSize }: DeviceCaps): number | null {
  return subgroups && subgroupMinSize === subgroupMaxSize && subgroupMinSize >= 4 ? subgroupMinSize : null
}

export function capsOf(device: GPUDevice, info: GPUAdapterInfo, kind: 'gpu' | 'cpu'): DeviceCaps {
  const limits = device.limits
  const has = (feature: string) => (device.features as ReadonlySet<string>).has(feature)
  return {
    kind,
    vendor: info.vendor,
    architecture: info.architecture,
    f16: device.features.has('shader-f16'),
    subgroups: device.features.has('subgroups'),
    subgroupMinSize: info.subgroupMinSize ?? 0,
    subgroupMaxSize: info.subgroupMaxSize ?? 0,
    subgroupSizeControl: has('subgroup-size-control'),
    subgroupMatrices: has('chromium-experimental-subgroup-matrix') ? halfMatricesOf(info) : [],
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxStorageBuffersPerStage: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
  }
}

/** As Dawn describes them; not in the standard yet. */
interface MatrixConfig {
  readonly componentType: string
  readonly resultComponentType: string
  readonly M: number
  readonly N: number
  readonly K: number
}

function halfMatricesOf(info: GPUAdapterInfo & { readonly subgroupMatrixConfigs?: Iterable<MatrixConfig> }): SubgroupMatrix[] {
  return [...(info.subgroupMatrixConfigs ?? [])]
    .filter(({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32')
    .map(({ M, N, K }) => ({ m: M, n: N, k: K }))
}
