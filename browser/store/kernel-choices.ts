/**
 * The text in which the compute Worker keeps which kernels are fastest here: one file of the origin private file system,
 * none where the browser has no such thing (then it is measured again in each Worker). Nothing depends on it: what
 * cannot be read or written is as good as absent. Imports nothing of the page: the Worker takes this file alone.
 */
export const KERNEL_CHOICES_FILE = 'cyxwiz-kernels.json'

export async function readKernelChoices(): Promise<string | null> {
  try {
    const root = await navigator.storage.getDirectory()
    return await (await (await root.getFileHandle(KERNEL_CHOICES_FILE)).getFile()).text()
  } catch {
    return null
  }
}

export async function writeKernelChoices(text: string): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory()
    const writable = await (await root.getFileHandle(KERNEL_CHOICES_FILE, { create: true })).createWritable()
    await writable.write(text)
    await writable.close()
  } catch {
    // Full, or a mode without files: measured again next time.
  }
}
