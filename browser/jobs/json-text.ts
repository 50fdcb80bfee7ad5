/**
 * Reads JSON as people type it: strict JSON, but a mistake is told by line and column in words that do not depend on the
 * browser, and the place of every key is kept, so that "optimizer.lr must be above 0" can be shown where it stands.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface TextPlace {
  /** UTF-16 units from the start. */
  readonly offset: number
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

export interface TextProblem extends TextPlace {
  readonly message: string
}

export type ReadJson =
  | { readonly ok: true; readonly value: Json /** Path (`model.layers[0].units`) → offset of its value. */; readonly places: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly problem: TextProblem }

/** Deeper than any job; a million brackets must not end the stack. */
const MAX_DEPTH = 64
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

class Mistake extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

export function readJson(text: string): ReadJson {
  const reader = new Reader(text)
  try {
    return { ok: true, value: reader.document(), places: reader.places }
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    return { ok: false, problem: { message: error.message, ...placeAt(text, error.offset) } }
  }
}

export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { offset, line, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}

/** The offset of the key, or of the nearest one around it that exists. */
export function placeOfKey(text: string, key: string): TextPlace | null {
  const read = readJson(text)
  if (!read.ok) return null
  for (let path = key; ; path = path.replace(/(?:^|\.)[^.[\]]+$|\[\d+\]$/, '')) {
    const offset = read.places.get(path)
    if (offset !== undefined) return placeAt(text, offset)
    if (path === '') return null
  }
}

class Reader {
  readonly places = new Map<string, number>()
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Json {
    const value = this.#value('', 0)
    this.#space()
    if (this.#at < this.#text.length) this.#fail(`nothing may follow the end of the JSON, found ${this.#here()}`)
    return value
  }

  #value(path: string, depth: number): Json {
    this.#space()
    this.places.set(path, this.#at)
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`)
    const char = this.#text[this.#at]
    if (char === '{') return this.#object(path, depth)
    if (char === '[') return this.#list(path, depth)
    if (char === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    NUMBER.lastIndex = this.#at
    const number = NUMBER.exec(this.#text)?.[0]
    if (number === undefined) return this.#fail(`a value is needed here, found ${this.#here()}`)
    this.#at += number.length
    if (/[\w.]/.test(this.#text[this.#at] ?? '')) this.#fail(`"${number}${this.#text[this.#at]}…" is not a number in JSON`, this.#at - number.length)
    return Number(number)
  }

  #object(path: string, depth: number): Json {
    const entries: [string, Json][] = []
    const keys = new Set<string>()
    this.#at++
    this.#space()
    while (this.#text[this.#at] !== '}') {
      if (this.#text[this.#at] !== '"') {
        this.#fail(
          entries.length > 0
            ? `a key in double quotes is needed after the comma, found ${this.#here()}`
            : `a key in double quotes or } is needed, found ${this.#here()}`,
        )
      }
      const start = this.#at
      const key = this.#string()
      if (keys.has(key)) this.#fail(`the key "${key}" stands here twice`, start)
      keys.add(key)
      this.#space()
      if (this.#text[this.#at] !== ':') this.#fail(`a colon is needed after "${key}", found ${this.#here()}`)
      this.#at++
      entries.push([key, this.#value(path === '' ? key : `${path}.${key}`, depth + 1)])
      if (!this.#more('}')) break
    }
    this.#at++
    // Own properties, `__proto__` too.
    return Object.fromEntries(entries)
  }

  #list(path: string, depth: number): Json {
    const values: Json[] = []
    this.#at++
    this.#space()
    while (this.#text[this.#at] !== ']') {
      values.push(this.#value(`${path}[${values.length}]`, depth + 1))
      if (!this.#more(']')) break
    }
    this.#at++
    return values
  }

  /** After an entry: a comma (true) or the end (false, not yet taken). */
  #more(end: string): boolean {
    this.#space()
    const char = this.#text[this.#at]
    if (char === end) return false
    if (char !== ',') this.#fail(`a comma or ${end} is needed, found ${this.#here()}`)
    const comma = this.#at++
    this.#space()
    if (this.#text[this.#at] === end) this.#fail(`a comma before ${end} is not allowed`, comma)
    return true
  }

  #string(): string {
    const start = this.#at++
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || char === '\n') this.#fail('a quote is opened here and never closed', start)
      if (char === '"') break
      this.#at += char === '\\' ? 2 : 1
    }
    this.#at++
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string
    } catch {
      return this.#fail('the text in quotes has an escape or a control character that JSON does not know', start)
    }
  }

  #space(): void {
    while (/[ \t\r\n\uFEFF]/.test(this.#text[this.#at] ?? '')) this.#at++
    if (this.#text.startsWith('//', this.#at) || this.#text.startsWith('/*', this.#at)) this.#fail('comments are not part of JSON')
  }

  #here(): string {
    const char = this.#text[this.#at]
    return char === undefined ? 'the end of the text' : `"${char}"`
  }

  #fail(message: string, offset = this.#at): never {
    throw new Mistake(Math.min(offset, this.#text.length), message)
  }
}
