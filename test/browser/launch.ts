/**
 * How every browser test starts Chromium: a WebGPU device inside a Worker on a machine without a GPU (SwiftShader), no
 * traffic of the browser's own. CYXWIZ_REAL_GPU=1 uses the machine's GPU instead.
 */

/** Where Debian's package puts it; set-up tells another place through CHROMIUM_PATH. */
const DEBIAN_CHROMIUM = '/usr/bin/chromium'

const QUIET = ['--no-sandbox', '--no-first-run', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const WEBGPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface']
const SOFTWARE = ['--use-vulkan=swiftshader', '--use-webgpu-adapter=swiftshader']
const HARDWARE = ['--use-webgpu-power-preference=high-performance']

export interface ChromiumLaunch {
  executablePath: string
  args: string[]
}

/** For Playwright's `chromium.launch`. */
export function chromiumLaunch(env: Readonly<Record<string, string | undefined>> = process.env): ChromiumLaunch {
  return {
    executablePath: env.CHROMIUM_PATH ?? DEBIAN_CHROMIUM,
    args: [...QUIET, ...WEBGPU, ...(env.CYXWIZ_REAL_GPU === '1' ? HARDWARE : SOFTWARE)],
  }
}
