// @ts-nocheck: it replaces inner methods of Node's sockets, which have no types
/**
 * Loaded into peers of a test before anything else (NODE_OPTIONS=--import): makes their TCP connections obey the cuts that
 * the test tells over a local socket (`partitions.ts`). Production code knows nothing of it, and nobody needs to be root.
 *
 * A connection lies in the hands of the peer that dialled it: its process keeps back both what it sends and what it
 * receives, so the other side needs no part in it. What happens on a cut direction is what a real network does for minutes: no
 * error, no end, bytes that are kept and come through when the cut is healed (TCP would send them again), new
 * connections that hang. One leak remains: a process that dies closes its connections, cut or not.
 */
import net from 'node:net'
import { createInterface } from 'node:readline'

/** As much as a kernel takes from a writer before it lets it wait. */
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024
/** Ends of a connection that the other side caused: on a cut line nobody hears of them. */
const FROM_AFAR = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
const LINK = Symbol('link')

const { CYXWIZ_TEST_CUTS: controlPath, CYXWIZ_TEST_PEER: self } = process.env
if (controlPath === undefined || self === undefined) throw new Error('partition preload: CYXWIZ_TEST_CUTS and CYXWIZ_TEST_PEER must be set')
// The compute child dials nobody.
delete process.env.NODE_OPTIONS

/** Port of every peer, and directions that are cut: `from>to`. */
let ports = {}
let cuts = new Set()

const { connect, _write, _writev, _final, _destroy, destroy, push } = net.Socket.prototype

/** An outgoing connection and what is kept back on it. */
class Link {
  static all = new Set()
  dial = null
  written = []
  writtenBytes = 0
  writer = null
  ended = false
  /** Of a socket that was closed here: the other side hears of it when the cut is healed. */
  handle = null
  arrived = []
  failure = null

  constructor(socket, port) {
    this.socket = socket
    this.port = port
    Link.all.add(this)
  }

  cut(outgoing) {
    const other = ports[this.port]
    return other !== undefined && cuts.has(outgoing ? `${self}>${other}` : `${other}>${self}`)
  }

  hold(buffers, done) {
    for (const buffer of buffers) {
      this.written.push(buffer)
      this.writtenBytes += buffer.length
    }
    if (this.writtenBytes < KERNEL_BUFFER_BYTES) process.nextTick(done)
    else this.writer = done
  }

  /** Lets through what may go through now. */
  release() {
    const { socket } = this
    if (this.dial !== null && !this.cut(true) && !this.cut(false)) {
      const dial = this.dial
      this.dial = null
      if (!socket.destroyed) dial()
    }
    if (!this.cut(true)) {
      if (!socket.destroyed) for (const buffer of this.written) _write.call(socket, buffer, 'buffer', () => {})
      this.written = []
      this.writtenBytes = 0
      this.writer?.()
      this.writer = null
      if (this.ended && !socket.destroyed) _final.call(socket, () => {})
      this.ended = false
      this.handle?.close()
      this.handle = null
    }
    if (!this.cut(false)) {
      for (const chunk of this.arrived.splice(0)) if (!socket.destroyed) push.call(socket, chunk)
      if (this.failure !== null) destroy.call(socket, this.failure)
      this.failure = null
    }
    if (socket.destroyed && this.handle === null) Link.all.delete(this)
  }
}

net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  const port = Number(options?.port)
  if (!Number.isInteger(port) || options?.path !== undefined) return connect.apply(this, args)
  const link = new Link(this, port)
  this[LINK] = link
  if (!link.cut(true) && !link.cut(false)) return connect.apply(this, args)
  this.connecting = true
  link.dial = () => connect.apply(this, args)
  return this
}

net.Socket.prototype._write = function (data, encoding, done) {
  const link = this[LINK]
  if (link === undefined || !link.cut(true)) _write.call(this, data, encoding, done)
  else link.hold([typeof data === 'string' ? Buffer.from(data, encoding) : data], done)
}

net.Socket.prototype._writev = function (chunks, done) {
  const link = this[LINK]
  if (link === undefined || !link.cut(true)) _writev.call(this, chunks, done)
  else {
    const buffers = chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk))
    link.hold(buffers, done)
  }
}

net.Socket.prototype._final = function (done) {
  const link = this[LINK]
  if (link === undefined || !link.cut(true)) {
    _final.call(this, done)
    return
  }
  link.ended = true
  done()
}

net.Socket.prototype.push = function (chunk, encoding) {
  const link = this[LINK]
  if (link === undefined || !link.cut(false)) return push.call(this, chunk, encoding)
  link.arrived.push(chunk)
  return true
}

net.Socket.prototype.destroy = function (error, done) {
  const link = this[LINK]
  if (link?.cut(false) && FROM_AFAR.has(error?.code)) {
    link.failure = error
    return this
  }
  return destroy.call(this, error, done)
}

net.Socket.prototype._destroy = function (error, done) {
  const link = this[LINK]
  if (link?.cut(true) && this._handle) {
    link.handle = this._handle
    link.handle.readStop()
    this._handle = null
  } else if (link !== undefined && link.handle === null) Link.all.delete(link)
  _destroy.call(this, error, done)
}

// The first state is awaited: nothing is dialled under another.
await new Promise((ready, failed) => {
  const control = net.createConnection(controlPath)
  control.once('error', failed)
  createInterface({ input: control }).on('line', (line) => {
    const state = JSON.parse(line)
    ports = state.ports
    cuts = new Set(state.cuts)
    for (const link of [...Link.all]) link.release()
    control.write(`${state.version}\n`)
    control.unref()
    ready()
  })
})
