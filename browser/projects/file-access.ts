/**
 * Files of the person's disk: with the browser's pickers where it has them (a file can be saved again in place), else by
 * download and by a file input. A cancelled picker is `null`, never an error.
 */

/** The parts of the File System Access API that TypeScript's DOM library does not have yet. */
export interface FileHandle {
  readonly kind: 'file'
  readonly name: string
  getFile(): Promise<File>
  createWritable(): Promise<{ write(data: string | Blob | Uint8Array): Promise<void>; close(): Promise<void>; abort(): Promise<void> }>
  queryPermission?(options: { mode: 'read' | 'readwrite' }): Promise<PermissionState>
  requestPermission?(options: { mode: 'read' | 'readwrite' }): Promise<PermissionState>
}

export interface FolderHandle {
  readonly kind: 'directory'
  readonly name: string
  getFileHandle(name: string, options: { create: boolean }): Promise<FileHandle>
}

interface Pickers {
  showOpenFilePicker?(options: object): Promise<FileHandle[]>
  showSaveFilePicker?(options: object): Promise<FileHandle>
  showDirectoryPicker?(options: object): Promise<FolderHandle>
}

const pickers = (): Pickers => globalThis as unknown as Pickers
const types = [{ description: 'CyxWiz project', accept: { 'application/json': ['.cyxwiz'] } }]

export const canPickFolder = (): boolean => pickers().showDirectoryPicker !== undefined

/** Null: cancelled, or this browser has no picker (use a file input then). `beside`: what was chosen together with it. */
export async function pickProject(): Promise<{ readonly file: File; readonly handle: FileHandle; readonly beside: readonly File[] } | null> {
  const weights = { description: 'Weights beside it', accept: { 'application/octet-stream': ['.safetensors'] } }
  const handles = (await unlessCancelled(() => pickers().showOpenFilePicker?.({ types: [...types, weights], multiple: true }))) ?? []
  const handle = handles.find(({ name }) => name.endsWith('.cyxwiz')) ?? handles[0]
  if (handle === undefined) return null
  const beside = await Promise.all(handles.filter((other) => other !== handle).map((other) => other.getFile()))
  return { handle, file: await handle.getFile(), beside }
}

export function pickPlace(name: string): Promise<FileHandle | null> {
  return unlessCancelled(() => pickers().showSaveFilePicker?.({ types, suggestedName: name }))
}

export function pickFolder(): Promise<FolderHandle | null> {
  return unlessCancelled(() => pickers().showDirectoryPicker?.({ mode: 'readwrite' }))
}

export async function writeTo(handle: FileHandle, data: string | Uint8Array): Promise<void> {
  const file = await handle.createWritable()
  try {
    await file.write(data)
    await file.close()
  } catch (error) {
    await file.abort().catch(() => {})
    throw new Error(`${handle.name} could not be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** A remembered handle needs the person's word again; false: refused. */
export async function mayUse(handle: FileHandle, mode: 'read' | 'readwrite'): Promise<boolean> {
  if ((await handle.queryPermission?.({ mode })) === 'granted') return true
  return (await handle.requestPermission?.({ mode })) === 'granted'
}

export function download(name: string, data: string | Uint8Array): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([data as Uint8Array<ArrayBuffer>]))
  link.download = name
  link.click()
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000)
}

export function isFileHandle(value: unknown): value is FileHandle {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file' && 'getFile' in value
}

async function unlessCancelled<T>(pick: () => Promise<T> | undefined): Promise<T | null> {
  try {
    return (await pick()) ?? null
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null
    throw error
  }
}
