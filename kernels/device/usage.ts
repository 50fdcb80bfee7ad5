/**
 * The WebGPU flag bits that we use, by value. Node has no `GPUBufferUsage` global unless the opener installs it, and a
 * module that reads globals at load time would depend on import order. Values are fixed by the WebGPU specification.
 */
export const BUFFER_USAGE = {
  MAP_READ: 0x0001,
  COPY_SRC: 0x0004,
  COPY_DST: 0x0008,
  UNIFORM: 0x0040,
  STORAGE: 0x0080,
  QUERY_RESOLVE: 0x0200,
} as const

export const MAP_MODE_READ = 0x0001
export const SHADER_STAGE_COMPUTE = 0x4
