import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface ContentRequest {
  sha256: string
  offset: number
  length: number
  stateJobId: string
  stateStep: number
}

export namespace ContentRequest {
  let _codec: Codec<ContentRequest>

  export const codec = (): Codec<ContentRequest> => {
    if (_codec == null) {
      _codec = message<ContentRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sha256 != null && obj.sha256 !== '')) {
          w.uint32(10)
          w.string(obj.sha256)
        }

        if ((obj.offset != null && obj.offset !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.offset)
        }

        if ((obj.length != null && obj.length !== 0)) {
          w.uint32(24)
          w.uint32(obj.length)
        }

        if ((obj.stateJobId != null && obj.stateJobId !== '')) {
          w.uint32(34)
          w.string(obj.stateJobId)
        }

        if ((obj.stateStep != null && obj.stateStep !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.stateStep)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sha256: '',
          offset: 0,
          length: 0,
          stateJobId: '',
          stateStep: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sha256 = reader.string()
              break
            }
            case 2: {
              obj.offset = reader.uint64Number()
              break
            }
            case 3: {
              obj.length = reader.uint32()
              break
            }
            case 4: {
              obj.stateJobId = reader.string()
              break
            }
            case 5: {
              obj.stateStep = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sha256`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.offset`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.length`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.stateJobId`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.stateStep`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ContentRequestSha256FieldEvent {
    field: '$.sha256'
    value: string
  }

  export interface ContentRequestOffsetFieldEvent {
    field: '$.offset'
    value: number
  }

  export interface ContentRequestLengthFieldEvent {
    field: '$.length'
    value: number
  }

  export interface ContentRequestStateJobIdFieldEvent {
    field: '$.stateJobId'
    value: string
  }

  export interface ContentRequestStateStepFieldEvent {
    field: '$.stateStep'
    value: number
  }

  export function encode (obj: Partial<ContentRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ContentRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContentRequest>): ContentRequest {
    return decodeMessage(buf, ContentRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContentRequest>): Generator<ContentRequestSha256FieldEvent | ContentRequestOffsetFieldEvent | ContentRequestLengthFieldEvent | ContentRequestStateJobIdFieldEvent | ContentRequestStateStepFieldEvent> {
    return streamMessage(buf, ContentRequest.codec(), opts)
  }
}

export interface ContentReply {
  status: number
  size: number
  chunk: Uint8Array<ArrayBuffer>
  sha256: string
}

export namespace ContentReply {
  let _codec: Codec<ContentReply>

  export const codec = (): Codec<ContentReply> => {
    if (_codec == null) {
      _codec = message<ContentReply>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(8)
          w.uint32(obj.status)
        }

        if ((obj.size != null && obj.size !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.size)
        }

        if ((obj.chunk != null && obj.chunk.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.chunk)
        }

        if ((obj.sha256 != null && obj.sha256 !== '')) {
          w.uint32(34)
          w.string(obj.sha256)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          status: 0,
          size: 0,
          chunk: uint8ArrayAlloc(0),
          sha256: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = reader.uint32()
              break
            }
            case 2: {
              obj.size = reader.uint64Number()
              break
            }
            case 3: {
              obj.chunk = reader.bytes()
              break
            }
            case 4: {
              obj.sha256 = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.size`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.chunk`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sha256`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ContentReplyStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface ContentReplySizeFieldEvent {
    field: '$.size'
    value: number
  }

  export interface ContentReplyChunkFieldEvent {
    field: '$.chunk'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ContentReplySha256FieldEvent {
    field: '$.sha256'
    value: string
  }

  export function encode (obj: Partial<ContentReply>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ContentReply.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContentReply>): ContentReply {
    return decodeMessage(buf, ContentReply.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContentReply>): Generator<ContentReplyStatusFieldEvent | ContentReplySizeFieldEvent | ContentReplyChunkFieldEvent | ContentReplySha256FieldEvent> {
    return streamMessage(buf, ContentReply.codec(), opts)
  }
}
