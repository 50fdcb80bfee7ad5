/**
 * Asks Dawn for an adapter and loads the other native packages, in a process of its own: a Vulkan driver that crashes
 * takes only this process with it. Prints one JSON line on stdout. Started by `vulkan.mjs`.
 */
/** @type {import('./vulkan.mjs').Probe} */
const result = { adapter: null, natives: {}, error: null }

/** @param {unknown} error */
const firstLine = (error) => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

for (const name of ['libsql', 'koffi']) {
  try {
    await import(name)
    result.natives[name] = null
  } catch (error) {
    result.natives[name] = firstLine(error)
  }
}

try {
  const { create } = await import('webgpu')
  const gpu = create([])
  // Dawn's object must outlive the request: one held only by a local was collected (dawn-gpu/node-webgpu).
  Object.assign(globalThis, { heldGpu: gpu })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter !== null) {
    const { vendor, architecture, description } = adapter.info
    const device = await adapter.requestDevice()
    device.destroy()
    result.adapter = { vendor, architecture, description }
  }
} catch (error) {
  result.error = firstLine(error)
}

process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
