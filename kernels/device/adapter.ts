/**
 * What is asked of an adapter, and what is told about it. A default WebGPU device has 256 MiB buffers and 8 storage
 * bindings even where the hardware has more, so every limit that matters to compute is requested at the adapter's value.
 */
import type { DeviceReport } from '../report.ts'

/** Requested when the adapter has them; kernels that use one check `DeviceCaps`. */
const WANTED_FEATURES = ['shader-f16', 'subgroups', 'subgroup-size-control', 'timestamp-query', 'chromium-experimental-subgroup-matrix'] as const

/** All limits that a compute pipeline or a buffer can run into. Texture and vertex limits stay at their defaults. */
const COMPUTE_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxBindingsPerBindGroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const

const SOFTWARE_NAMES = /llvmpipe|lavapipe|swiftshader|software|basic render|\bcpu\b/i

export function deviceDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  const requiredLimits: Record<string, number> = {}
  for (const name of COMPUTE_LIMITS) {
    const value = adapter.limits[name]
    if (typeof value === 'number') requiredLimits[name] = value
  }
  const features = adapter.features as ReadonlySet<string>
  const requiredFeatures = WANTED_FEATURES.filter((name) => features.has(name)) as GPUFeatureName[]
  return { label: 'cyxwiz', requiredLimits, requiredFeatures }
}

/** Software rasterisers say so in different fields; `isFallbackAdapter` is the standard one. */
export function adapterKind(info: GPUAdapterInfo): 'gpu' | 'cpu' {
  if (info.isFallbackAdapter) return 'cpu'
  return SOFTWARE_NAMES.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`) ? 'cpu' : 'gpu'
}

export function deviceReport(adapter: GPUAdapter, device: GPUDevice, known: { backend?: string; type?: string }): DeviceReport {
  const info = adapter.info
  const limits: Record<string, number> = {}
  // Limits are accessors on the prototype: `for in` sees them, Object.keys does not.
  for (const name in device.limits) {
    const value: unknown = device.limits[name as keyof GPUSupportedLimits]
    if (typeof value === 'number') limits[name] = value
  }
  const type = known.type ?? (adapterKind(info) === 'cpu' ? 'cpu' : 'unknown')
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    // Browsers keep the description to themselves: then the vendor and family are all the name there is.
    description: info.description || info.device || `${info.vendor} ${info.architecture}`.trim(),
    backend: known.backend ?? 'webgpu',
    type,
    features: ([...device.features] as string[]).sort(),
    limits,
  }
}
