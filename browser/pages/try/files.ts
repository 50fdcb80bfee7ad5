/** Files that people choose or drop. */

/** Says that files may be dropped here; other things are left to others. */
export function acceptFiles(event: DragEvent): void {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
}

/** The drop ends here: the page around takes project files. */
export function droppedFiles(event: DragEvent): File[] {
  const files = [...(event.dataTransfer?.files ?? [])]
  if (files.length > 0) {
    event.preventDefault()
    event.stopPropagation()
  }
  return files
}

/** The chosen files; the same one can then be chosen again. */
export function takeFiles(input: HTMLInputElement): File[] {
  const files = [...(input.files ?? [])]
  input.value = ''
  return files
}
