/**
 * Whether this browser can compute at all, and what a person has to switch on where it cannot. Pure: tests can be any
 * browser.
 */

/** The parts of a page that say so. */
export interface BrowserFacts {
  readonly isSecureContext: boolean
  readonly hasGpu: boolean
  readonly hasWorker: boolean
  readonly userAgent: string
  /** `navigator.userAgentData.mobile` where there is one. */
  readonly mobile: boolean | null
  readonly maxTouchPoints: number
}

export function browserFacts(): BrowserFacts {
  const data = 'userAgentData' in navigator ? (navigator.userAgentData as { readonly mobile?: unknown } | undefined) : undefined
  return {
    isSecureContext: globalThis.isSecureContext,
    // The types say it is always there.
    hasGpu: (navigator.gpu as GPU | undefined) !== undefined,
    hasWorker: typeof Worker === 'function',
    userAgent: navigator.userAgent,
    mobile: typeof data?.mobile === 'boolean' ? data.mobile : null,
    maxTouchPoints: navigator.maxTouchPoints,
  }
}

/** One sentence that says what to do; null when WebGPU is there (an adapter may still be missing). */
export function webgpuProblem(facts: BrowserFacts): string | null {
  const { userAgent } = facts
  if (!facts.hasWorker) return 'This browser has no Workers, so nothing can be computed beside the page. Use a current Chrome, Edge, Firefox or Safari.'
  if (!facts.isSecureContext) {
    return 'WebGPU exists only on https pages and on localhost. Open this dashboard by its https address, or on the machine that serves it.'
  }
  if (facts.hasGpu) return null
  if (/Firefox\//.test(userAgent)) return 'WebGPU is switched off in this Firefox. Set dom.webgpu.enabled in about:config, or use a current Chrome or Edge.'
  if (/(Chrome|Chromium|Edg)\//.test(userAgent)) {
    const linux = /Linux|X11/.test(userAgent) && !/Android/.test(userAgent)
    return linux
      ? 'WebGPU is switched off in this browser. Start it with --enable-unsafe-webgpu --enable-features=Vulkan, or enable "Unsafe WebGPU Support" in chrome://flags.'
      : 'WebGPU is switched off in this browser. Update it, and switch on graphics acceleration in its system settings.'
  }
  if (/Safari\//.test(userAgent)) return 'This Safari has no WebGPU. Update to Safari 26, or switch WebGPU on under Feature Flags in its developer settings.'
  return 'This browser has no WebGPU. Use a current Chrome, Edge, Firefox or Safari.'
}

/** What is said when WebGPU is there and finds no GPU. */
export const NO_ADAPTER_TEXT =
  'WebGPU found no usable GPU. Switch on graphics acceleration in the settings of this browser, update the graphics driver, and see chrome://gpu for the reason.'

/** Phones and tablets watch only: their systems end tabs that take memory or heat the device. */
export function isPhone(facts: BrowserFacts): boolean {
  if (facts.mobile !== null) return facts.mobile || /Android/.test(facts.userAgent)
  if (/Android|iPhone|iPod|iPad|Mobile/.test(facts.userAgent)) return true
  // An iPad says that it is a Mac; no Mac has a touch screen.
  return /Macintosh/.test(facts.userAgent) && facts.maxTouchPoints > 1
}
