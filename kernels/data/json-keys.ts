/**
 * Finds a key that an object of a JSON text has twice. `JSON.parse` keeps the last one silently, which lets two readers
 * of one file see different tensors. The text must already have passed `JSON.parse`.
 */
export function duplicateKey(json: string): string | null {
  /** One set of keys for each open object, null for an open array. */
  const open: (Set<string> | null)[] = []
  let lastString: string | null = null
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (char === '"') {
      const start = at++
      while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
      lastString = json.slice(start, at + 1)
    } else if (char === '{') open.push(new Set())
    else if (char === '[') open.push(null)
    else if (char === '}' || char === ']') open.pop()
    else if (char === ':' && lastString !== null) {
      const keys = open.at(-1)
      // Escapes make equal keys look different: compare what they mean.
      const key: string = JSON.parse(lastString)
      if (keys?.has(key)) return key
      keys?.add(key)
    }
  }
  return null
}
