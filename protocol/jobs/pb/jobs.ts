import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface WireFence {
  epoch: number
  epochId: string
  term: number
}

export namespace WireFence {
  let _codec: Codec<WireFence>

  export const codec = (): Codec<WireFence> => {
    if (_codec == null) {
      _codec = message<WireFence>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(8)
          w.uint32(obj.epoch)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(18)
          w.string(obj.epochId)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.term)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          epochId: '',
          term: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = reader.uint32()
              break
            }
            case 2: {
              obj.epochId = reader.string()
              break
            }
            case 3: {
              obj.term = reader.uint64Number()
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
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.epochId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.term`,
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

  export interface WireFenceEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface WireFenceEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireFenceTermFieldEvent {
    field: '$.term'
    value: number
  }

  export function encode (obj: Partial<WireFence>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireFence.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireFence>): WireFence {
    return decodeMessage(buf, WireFence.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireFence>): Generator<WireFenceEpochFieldEvent | WireFenceEpochIdFieldEvent | WireFenceTermFieldEvent> {
    return streamMessage(buf, WireFence.codec(), opts)
  }
}

export interface WireOffer {
  fence?: WireFence
  jobId: string
  attempt: number
  needBytes: number
}

export namespace WireOffer {
  let _codec: Codec<WireOffer>

  export const codec = (): Codec<WireOffer> => {
    if (_codec == null) {
      _codec = message<WireOffer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.fence != null) {
          w.uint32(10)
          WireFence.codec().encode(obj.fence, w)
        }

        if ((obj.jobId != null && obj.jobId !== '')) {
          w.uint32(18)
          w.string(obj.jobId)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(24)
          w.uint32(obj.attempt)
        }

        if ((obj.needBytes != null && obj.needBytes !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.needBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          jobId: '',
          attempt: 0,
          needBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.fence = WireFence.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.fence
              })
              break
            }
            case 2: {
              obj.jobId = reader.string()
              break
            }
            case 3: {
              obj.attempt = reader.uint32()
              break
            }
            case 4: {
              obj.needBytes = reader.uint64Number()
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
              yield * WireFence.codec().stream(reader, reader.uint32(), `${prefix}.fence`, {
                limits: opts.limits?.fence
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.jobId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.needBytes`,
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

  export interface WireOfferFenceEpochFieldEvent {
    field: '$.fence.epoch'
    value: number
  }

  export interface WireOfferFenceEpochIdFieldEvent {
    field: '$.fence.epochId'
    value: string
  }

  export interface WireOfferFenceTermFieldEvent {
    field: '$.fence.term'
    value: number
  }

  export interface WireOfferJobIdFieldEvent {
    field: '$.jobId'
    value: string
  }

  export interface WireOfferAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface WireOfferNeedBytesFieldEvent {
    field: '$.needBytes'
    value: number
  }

  export function encode (obj: Partial<WireOffer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireOffer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireOffer>): WireOffer {
    return decodeMessage(buf, WireOffer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireOffer>): Generator<WireOfferFenceEpochFieldEvent | WireOfferFenceEpochIdFieldEvent | WireOfferFenceTermFieldEvent | WireOfferJobIdFieldEvent | WireOfferAttemptFieldEvent | WireOfferNeedBytesFieldEvent> {
    return streamMessage(buf, WireOffer.codec(), opts)
  }
}

export interface Bid {
  freeBytes: number
  speed: number
  cached: boolean
  freeSlots: number
  refusal: string
  diskBytes: number
}

export namespace Bid {
  let _codec: Codec<Bid>

  export const codec = (): Codec<Bid> => {
    if (_codec == null) {
      _codec = message<Bid>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.freeBytes != null && obj.freeBytes !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.freeBytes)
        }

        if ((obj.speed != null && obj.speed !== 0)) {
          w.uint32(17)
          w.double(obj.speed)
        }

        if ((obj.cached != null && obj.cached !== false)) {
          w.uint32(24)
          w.bool(obj.cached)
        }

        if ((obj.freeSlots != null && obj.freeSlots !== 0)) {
          w.uint32(32)
          w.uint32(obj.freeSlots)
        }

        if ((obj.refusal != null && obj.refusal !== '')) {
          w.uint32(42)
          w.string(obj.refusal)
        }

        if ((obj.diskBytes != null && obj.diskBytes !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.diskBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          freeBytes: 0,
          speed: 0,
          cached: false,
          freeSlots: 0,
          refusal: '',
          diskBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.freeBytes = reader.uint64Number()
              break
            }
            case 2: {
              obj.speed = reader.double()
              break
            }
            case 3: {
              obj.cached = reader.bool()
              break
            }
            case 4: {
              obj.freeSlots = reader.uint32()
              break
            }
            case 5: {
              obj.refusal = reader.string()
              break
            }
            case 7: {
              obj.diskBytes = reader.uint64Number()
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
                field: `${prefix}.freeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.speed`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.cached`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.freeSlots`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.refusal`,
                value: reader.string()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.diskBytes`,
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

  export interface BidFreeBytesFieldEvent {
    field: '$.freeBytes'
    value: number
  }

  export interface BidSpeedFieldEvent {
    field: '$.speed'
    value: number
  }

  export interface BidCachedFieldEvent {
    field: '$.cached'
    value: boolean
  }

  export interface BidFreeSlotsFieldEvent {
    field: '$.freeSlots'
    value: number
  }

  export interface BidRefusalFieldEvent {
    field: '$.refusal'
    value: string
  }

  export interface BidDiskBytesFieldEvent {
    field: '$.diskBytes'
    value: number
  }

  export function encode (obj: Partial<Bid>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Bid.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bid>): Bid {
    return decodeMessage(buf, Bid.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bid>): Generator<BidFreeBytesFieldEvent | BidSpeedFieldEvent | BidCachedFieldEvent | BidFreeSlotsFieldEvent | BidRefusalFieldEvent | BidDiskBytesFieldEvent> {
    return streamMessage(buf, Bid.codec(), opts)
  }
}

export interface WireBlob {
  sha256: string
  bytes: number
}

export namespace WireBlob {
  let _codec: Codec<WireBlob>

  export const codec = (): Codec<WireBlob> => {
    if (_codec == null) {
      _codec = message<WireBlob>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sha256 != null && obj.sha256 !== '')) {
          w.uint32(10)
          w.string(obj.sha256)
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.bytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sha256: '',
          bytes: 0
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
              obj.bytes = reader.uint64Number()
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
                field: `${prefix}.bytes`,
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

  export interface WireBlobSha256FieldEvent {
    field: '$.sha256'
    value: string
  }

  export interface WireBlobBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export function encode (obj: Partial<WireBlob>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireBlob.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireBlob>): WireBlob {
    return decodeMessage(buf, WireBlob.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireBlob>): Generator<WireBlobSha256FieldEvent | WireBlobBytesFieldEvent> {
    return streamMessage(buf, WireBlob.codec(), opts)
  }
}

export interface Prepare {
  signedSpec: Uint8Array<ArrayBuffer>
  share: number
}

export namespace Prepare {
  let _codec: Codec<Prepare>

  export const codec = (): Codec<Prepare> => {
    if (_codec == null) {
      _codec = message<Prepare>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.signedSpec != null && obj.signedSpec.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.signedSpec)
        }

        if ((obj.share != null && obj.share !== 0)) {
          w.uint32(16)
          w.uint32(obj.share)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          signedSpec: uint8ArrayAlloc(0),
          share: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.signedSpec = reader.bytes()
              break
            }
            case 2: {
              obj.share = reader.uint32()
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
                field: `${prefix}.signedSpec`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.share`,
                value: reader.uint32()
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

  export interface PrepareSignedSpecFieldEvent {
    field: '$.signedSpec'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PrepareShareFieldEvent {
    field: '$.share'
    value: number
  }

  export function encode (obj: Partial<Prepare>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Prepare.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prepare>): Prepare {
    return decodeMessage(buf, Prepare.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prepare>): Generator<PrepareSignedSpecFieldEvent | PrepareShareFieldEvent> {
    return streamMessage(buf, Prepare.codec(), opts)
  }
}

export interface Prepared {
  error: string
  samplesPerSecond: number
  memoryBytes: number
}

export namespace Prepared {
  let _codec: Codec<Prepared>

  export const codec = (): Codec<Prepared> => {
    if (_codec == null) {
      _codec = message<Prepared>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(10)
          w.string(obj.error)
        }

        if ((obj.samplesPerSecond != null && obj.samplesPerSecond !== 0)) {
          w.uint32(17)
          w.double(obj.samplesPerSecond)
        }

        if ((obj.memoryBytes != null && obj.memoryBytes !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.memoryBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          error: '',
          samplesPerSecond: 0,
          memoryBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.error = reader.string()
              break
            }
            case 2: {
              obj.samplesPerSecond = reader.double()
              break
            }
            case 3: {
              obj.memoryBytes = reader.uint64Number()
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
                field: `${prefix}.error`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.samplesPerSecond`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.memoryBytes`,
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

  export interface PreparedErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export interface PreparedSamplesPerSecondFieldEvent {
    field: '$.samplesPerSecond'
    value: number
  }

  export interface PreparedMemoryBytesFieldEvent {
    field: '$.memoryBytes'
    value: number
  }

  export function encode (obj: Partial<Prepared>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Prepared.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prepared>): Prepared {
    return decodeMessage(buf, Prepared.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prepared>): Generator<PreparedErrorFieldEvent | PreparedSamplesPerSecondFieldEvent | PreparedMemoryBytesFieldEvent> {
    return streamMessage(buf, Prepared.codec(), opts)
  }
}

export interface WireMember {
  peerId: string
  share: number
}

export namespace WireMember {
  let _codec: Codec<WireMember>

  export const codec = (): Codec<WireMember> => {
    if (_codec == null) {
      _codec = message<WireMember>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.share != null && obj.share !== 0)) {
          w.uint32(16)
          w.uint32(obj.share)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          share: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.string()
              break
            }
            case 2: {
              obj.share = reader.uint32()
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
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.share`,
                value: reader.uint32()
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

  export interface WireMemberPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface WireMemberShareFieldEvent {
    field: '$.share'
    value: number
  }

  export function encode (obj: Partial<WireMember>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireMember.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMember>): WireMember {
    return decodeMessage(buf, WireMember.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMember>): Generator<WireMemberPeerIdFieldEvent | WireMemberShareFieldEvent> {
    return streamMessage(buf, WireMember.codec(), opts)
  }
}

export interface Assign {
  membership: number
  members: WireMember[]
  startStep: number
  holders: string[]
  checkpoint?: WireBlob
}

export namespace Assign {
  let _codec: Codec<Assign>

  export const codec = (): Codec<Assign> => {
    if (_codec == null) {
      _codec = message<Assign>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if (obj.members != null && obj.members.length > 0) {
          for (const value of obj.members) {
            w.uint32(18)
            WireMember.codec().encode(value, w)
          }
        }

        if ((obj.startStep != null && obj.startStep !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.startStep)
        }

        if (obj.holders != null && obj.holders.length > 0) {
          for (const value of obj.holders) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (obj.checkpoint != null) {
          w.uint32(42)
          WireBlob.codec().encode(obj.checkpoint, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          members: [],
          startStep: 0,
          holders: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              if (obj.members.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              obj.members.push(WireMember.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.members$
              }))
              break
            }
            case 3: {
              obj.startStep = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.holders != null && obj.holders.length === opts.limits.holders) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              if (obj.holders.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              obj.holders.push(reader.string())
              break
            }
            case 5: {
              obj.checkpoint = WireBlob.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.checkpoint
              })
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
        const obj = {
          members: 64,
          holders: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              if (opts.limits?.members != null && obj.members === opts.limits.members) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              if (obj.members === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              for (const evt of WireMember.codec().stream(reader, reader.uint32(), `${prefix}.members[]`, {
                limits: opts.limits?.members$
              })) {
                yield {
                  ...evt,
                  index: obj.members
                }
              }

              obj.members++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.startStep`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.holders != null && obj.holders === opts.limits.holders) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              if (obj.holders === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              yield {
                field: `${prefix}.holders[]`,
                index: obj.holders,
                value: reader.string()
              }

              obj.holders++

              break
            }
            case 5: {
              yield * WireBlob.codec().stream(reader, reader.uint32(), `${prefix}.checkpoint`, {
                limits: opts.limits?.checkpoint
              })

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

  export interface AssignMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface AssignMembersPeerIdFieldEvent {
    field: '$.members[].peerId'
    value: string
    index: number
  }

  export interface AssignMembersShareFieldEvent {
    field: '$.members[].share'
    value: number
    index: number
  }

  export interface AssignStartStepFieldEvent {
    field: '$.startStep'
    value: number
  }

  export interface AssignHoldersFieldEvent {
    field: '$.holders[]'
    index: number
    value: string
  }

  export interface AssignCheckpointSha256FieldEvent {
    field: '$.checkpoint.sha256'
    value: string
  }

  export interface AssignCheckpointBytesFieldEvent {
    field: '$.checkpoint.bytes'
    value: number
  }

  export function encode (obj: Partial<Assign>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Assign.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assign>): Assign {
    return decodeMessage(buf, Assign.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assign>): Generator<AssignMembershipFieldEvent | AssignMembersPeerIdFieldEvent | AssignMembersShareFieldEvent | AssignStartStepFieldEvent | AssignHoldersFieldEvent | AssignCheckpointSha256FieldEvent | AssignCheckpointBytesFieldEvent> {
    return streamMessage(buf, Assign.codec(), opts)
  }
}

export interface Ready {
  membership: number
  error: string
  lacksCheckpoint: boolean
}

export namespace Ready {
  let _codec: Codec<Ready>

  export const codec = (): Codec<Ready> => {
    if (_codec == null) {
      _codec = message<Ready>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(18)
          w.string(obj.error)
        }

        if ((obj.lacksCheckpoint != null && obj.lacksCheckpoint !== false)) {
          w.uint32(24)
          w.bool(obj.lacksCheckpoint)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          error: '',
          lacksCheckpoint: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.error = reader.string()
              break
            }
            case 3: {
              obj.lacksCheckpoint = reader.bool()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.error`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.lacksCheckpoint`,
                value: reader.bool()
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

  export interface ReadyMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface ReadyErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export interface ReadyLacksCheckpointFieldEvent {
    field: '$.lacksCheckpoint'
    value: boolean
  }

  export function encode (obj: Partial<Ready>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ready.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Ready {
    return decodeMessage(buf, Ready.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Generator<ReadyMembershipFieldEvent | ReadyErrorFieldEvent | ReadyLacksCheckpointFieldEvent> {
    return streamMessage(buf, Ready.codec(), opts)
  }
}

export interface Go {
  membership: number
  round: number
  untilStep: number
  checkpoint: boolean
}

export namespace Go {
  let _codec: Codec<Go>

  export const codec = (): Codec<Go> => {
    if (_codec == null) {
      _codec = message<Go>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(16)
          w.uint32(obj.round)
        }

        if ((obj.untilStep != null && obj.untilStep !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.untilStep)
        }

        if ((obj.checkpoint != null && obj.checkpoint !== false)) {
          w.uint32(32)
          w.bool(obj.checkpoint)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          round: 0,
          untilStep: 0,
          checkpoint: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.round = reader.uint32()
              break
            }
            case 3: {
              obj.untilStep = reader.uint64Number()
              break
            }
            case 4: {
              obj.checkpoint = reader.bool()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.round`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.untilStep`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.checkpoint`,
                value: reader.bool()
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

  export interface GoMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface GoRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export interface GoUntilStepFieldEvent {
    field: '$.untilStep'
    value: number
  }

  export interface GoCheckpointFieldEvent {
    field: '$.checkpoint'
    value: boolean
  }

  export function encode (obj: Partial<Go>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Go.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Go>): Go {
    return decodeMessage(buf, Go.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Go>): Generator<GoMembershipFieldEvent | GoRoundFieldEvent | GoUntilStepFieldEvent | GoCheckpointFieldEvent> {
    return streamMessage(buf, Go.codec(), opts)
  }
}

export interface RoundDone {
  membership: number
  round: number
  step: number
  thetaHash: string
  loss?: number
  accuracy?: number
  seconds: number
  computeSeconds: number
  bytesSent: number
  bytesReceived: number
  checkpoint?: WireBlob
  skippedSteps?: number
}

export namespace RoundDone {
  let _codec: Codec<RoundDone>

  export const codec = (): Codec<RoundDone> => {
    if (_codec == null) {
      _codec = message<RoundDone>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(16)
          w.uint32(obj.round)
        }

        if ((obj.step != null && obj.step !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.step)
        }

        if ((obj.thetaHash != null && obj.thetaHash !== '')) {
          w.uint32(34)
          w.string(obj.thetaHash)
        }

        if (obj.loss != null) {
          w.uint32(41)
          w.double(obj.loss)
        }

        if (obj.accuracy != null) {
          w.uint32(49)
          w.double(obj.accuracy)
        }

        if ((obj.seconds != null && obj.seconds !== 0)) {
          w.uint32(57)
          w.double(obj.seconds)
        }

        if ((obj.computeSeconds != null && obj.computeSeconds !== 0)) {
          w.uint32(65)
          w.double(obj.computeSeconds)
        }

        if ((obj.bytesSent != null && obj.bytesSent !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.bytesSent)
        }

        if ((obj.bytesReceived != null && obj.bytesReceived !== 0)) {
          w.uint32(80)
          w.uint64Number(obj.bytesReceived)
        }

        if (obj.checkpoint != null) {
          w.uint32(90)
          WireBlob.codec().encode(obj.checkpoint, w)
        }

        if (obj.skippedSteps != null) {
          w.uint32(96)
          w.uint64Number(obj.skippedSteps)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          round: 0,
          step: 0,
          thetaHash: '',
          seconds: 0,
          computeSeconds: 0,
          bytesSent: 0,
          bytesReceived: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.round = reader.uint32()
              break
            }
            case 3: {
              obj.step = reader.uint64Number()
              break
            }
            case 4: {
              obj.thetaHash = reader.string()
              break
            }
            case 5: {
              obj.loss = reader.double()
              break
            }
            case 6: {
              obj.accuracy = reader.double()
              break
            }
            case 7: {
              obj.seconds = reader.double()
              break
            }
            case 8: {
              obj.computeSeconds = reader.double()
              break
            }
            case 9: {
              obj.bytesSent = reader.uint64Number()
              break
            }
            case 10: {
              obj.bytesReceived = reader.uint64Number()
              break
            }
            case 11: {
              obj.checkpoint = WireBlob.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.checkpoint
              })
              break
            }
            case 12: {
              obj.skippedSteps = reader.uint64Number()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.round`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.step`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.thetaHash`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.loss`,
                value: reader.double()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.accuracy`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.seconds`,
                value: reader.double()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.computeSeconds`,
                value: reader.double()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.bytesSent`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.bytesReceived`,
                value: reader.uint64Number()
              }
              break
            }
            case 11: {
              yield * WireBlob.codec().stream(reader, reader.uint32(), `${prefix}.checkpoint`, {
                limits: opts.limits?.checkpoint
              })

              break
            }
            case 12: {
              yield {
                field: `${prefix}.skippedSteps`,
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

  export interface RoundDoneMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface RoundDoneRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export interface RoundDoneStepFieldEvent {
    field: '$.step'
    value: number
  }

  export interface RoundDoneThetaHashFieldEvent {
    field: '$.thetaHash'
    value: string
  }

  export interface RoundDoneLossFieldEvent {
    field: '$.loss'
    value: number
  }

  export interface RoundDoneAccuracyFieldEvent {
    field: '$.accuracy'
    value: number
  }

  export interface RoundDoneSecondsFieldEvent {
    field: '$.seconds'
    value: number
  }

  export interface RoundDoneComputeSecondsFieldEvent {
    field: '$.computeSeconds'
    value: number
  }

  export interface RoundDoneBytesSentFieldEvent {
    field: '$.bytesSent'
    value: number
  }

  export interface RoundDoneBytesReceivedFieldEvent {
    field: '$.bytesReceived'
    value: number
  }

  export interface RoundDoneCheckpointSha256FieldEvent {
    field: '$.checkpoint.sha256'
    value: string
  }

  export interface RoundDoneCheckpointBytesFieldEvent {
    field: '$.checkpoint.bytes'
    value: number
  }

  export interface RoundDoneSkippedStepsFieldEvent {
    field: '$.skippedSteps'
    value: number
  }

  export function encode (obj: Partial<RoundDone>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RoundDone.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RoundDone>): RoundDone {
    return decodeMessage(buf, RoundDone.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RoundDone>): Generator<RoundDoneMembershipFieldEvent | RoundDoneRoundFieldEvent | RoundDoneStepFieldEvent | RoundDoneThetaHashFieldEvent | RoundDoneLossFieldEvent | RoundDoneAccuracyFieldEvent | RoundDoneSecondsFieldEvent | RoundDoneComputeSecondsFieldEvent | RoundDoneBytesSentFieldEvent | RoundDoneBytesReceivedFieldEvent | RoundDoneCheckpointSha256FieldEvent | RoundDoneCheckpointBytesFieldEvent | RoundDoneSkippedStepsFieldEvent> {
    return streamMessage(buf, RoundDone.codec(), opts)
  }
}

export interface Trouble {
  membership: number
  step: number
  peerId: string
  reason: string
  fatal: boolean
}

export namespace Trouble {
  let _codec: Codec<Trouble>

  export const codec = (): Codec<Trouble> => {
    if (_codec == null) {
      _codec = message<Trouble>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.step != null && obj.step !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.step)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(26)
          w.string(obj.peerId)
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(34)
          w.string(obj.reason)
        }

        if ((obj.fatal != null && obj.fatal !== false)) {
          w.uint32(40)
          w.bool(obj.fatal)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          step: 0,
          peerId: '',
          reason: '',
          fatal: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.step = reader.uint64Number()
              break
            }
            case 3: {
              obj.peerId = reader.string()
              break
            }
            case 4: {
              obj.reason = reader.string()
              break
            }
            case 5: {
              obj.fatal = reader.bool()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.step`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.fatal`,
                value: reader.bool()
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

  export interface TroubleMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface TroubleStepFieldEvent {
    field: '$.step'
    value: number
  }

  export interface TroublePeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface TroubleReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export interface TroubleFatalFieldEvent {
    field: '$.fatal'
    value: boolean
  }

  export function encode (obj: Partial<Trouble>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Trouble.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Trouble>): Trouble {
    return decodeMessage(buf, Trouble.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Trouble>): Generator<TroubleMembershipFieldEvent | TroubleStepFieldEvent | TroublePeerIdFieldEvent | TroubleReasonFieldEvent | TroubleFatalFieldEvent> {
    return streamMessage(buf, Trouble.codec(), opts)
  }
}

export interface Query {
  nonce: number
  freeze: boolean
}

export namespace Query {
  let _codec: Codec<Query>

  export const codec = (): Codec<Query> => {
    if (_codec == null) {
      _codec = message<Query>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if ((obj.freeze != null && obj.freeze !== false)) {
          w.uint32(16)
          w.bool(obj.freeze)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0,
          freeze: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
              break
            }
            case 2: {
              obj.freeze = reader.bool()
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
                field: `${prefix}.nonce`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.freeze`,
                value: reader.bool()
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

  export interface QueryNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface QueryFreezeFieldEvent {
    field: '$.freeze'
    value: boolean
  }

  export function encode (obj: Partial<Query>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Query.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Query {
    return decodeMessage(buf, Query.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Generator<QueryNonceFieldEvent | QueryFreezeFieldEvent> {
    return streamMessage(buf, Query.codec(), opts)
  }
}

export interface Status {
  nonce: number
  prepared: boolean
  step: number
  oldestStep: number
  holdsState: boolean
  memoryBytes: number
}

export namespace Status {
  let _codec: Codec<Status>

  export const codec = (): Codec<Status> => {
    if (_codec == null) {
      _codec = message<Status>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if ((obj.prepared != null && obj.prepared !== false)) {
          w.uint32(16)
          w.bool(obj.prepared)
        }

        if ((obj.step != null && obj.step !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.step)
        }

        if ((obj.oldestStep != null && obj.oldestStep !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.oldestStep)
        }

        if ((obj.holdsState != null && obj.holdsState !== false)) {
          w.uint32(40)
          w.bool(obj.holdsState)
        }

        if ((obj.memoryBytes != null && obj.memoryBytes !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.memoryBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0,
          prepared: false,
          step: 0,
          oldestStep: 0,
          holdsState: false,
          memoryBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
              break
            }
            case 2: {
              obj.prepared = reader.bool()
              break
            }
            case 3: {
              obj.step = reader.uint64Number()
              break
            }
            case 4: {
              obj.oldestStep = reader.uint64Number()
              break
            }
            case 5: {
              obj.holdsState = reader.bool()
              break
            }
            case 6: {
              obj.memoryBytes = reader.uint64Number()
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
                field: `${prefix}.nonce`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.prepared`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.step`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.oldestStep`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.holdsState`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.memoryBytes`,
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

  export interface StatusNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface StatusPreparedFieldEvent {
    field: '$.prepared'
    value: boolean
  }

  export interface StatusStepFieldEvent {
    field: '$.step'
    value: number
  }

  export interface StatusOldestStepFieldEvent {
    field: '$.oldestStep'
    value: number
  }

  export interface StatusHoldsStateFieldEvent {
    field: '$.holdsState'
    value: boolean
  }

  export interface StatusMemoryBytesFieldEvent {
    field: '$.memoryBytes'
    value: number
  }

  export function encode (obj: Partial<Status>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Status.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Status>): Status {
    return decodeMessage(buf, Status.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Status>): Generator<StatusNonceFieldEvent | StatusPreparedFieldEvent | StatusStepFieldEvent | StatusOldestStepFieldEvent | StatusHoldsStateFieldEvent | StatusMemoryBytesFieldEvent> {
    return streamMessage(buf, Status.codec(), opts)
  }
}

export interface Evaluate {
  membership: number
}

export namespace Evaluate {
  let _codec: Codec<Evaluate>

  export const codec = (): Codec<Evaluate> => {
    if (_codec == null) {
      _codec = message<Evaluate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
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

  export interface EvaluateMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export function encode (obj: Partial<Evaluate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Evaluate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Evaluate>): Evaluate {
    return decodeMessage(buf, Evaluate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Evaluate>): Generator<EvaluateMembershipFieldEvent> {
    return streamMessage(buf, Evaluate.codec(), opts)
  }
}

export interface Evaluated {
  membership: number
  lossSum: number
  weight: number
  correct?: number
  weights?: WireBlob
  error: string
}

export namespace Evaluated {
  let _codec: Codec<Evaluated>

  export const codec = (): Codec<Evaluated> => {
    if (_codec == null) {
      _codec = message<Evaluated>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.lossSum != null && obj.lossSum !== 0)) {
          w.uint32(17)
          w.double(obj.lossSum)
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(25)
          w.double(obj.weight)
        }

        if (obj.correct != null) {
          w.uint32(33)
          w.double(obj.correct)
        }

        if (obj.weights != null) {
          w.uint32(42)
          WireBlob.codec().encode(obj.weights, w)
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(50)
          w.string(obj.error)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          lossSum: 0,
          weight: 0,
          error: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.lossSum = reader.double()
              break
            }
            case 3: {
              obj.weight = reader.double()
              break
            }
            case 4: {
              obj.correct = reader.double()
              break
            }
            case 5: {
              obj.weights = WireBlob.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.weights
              })
              break
            }
            case 6: {
              obj.error = reader.string()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.lossSum`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.weight`,
                value: reader.double()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.correct`,
                value: reader.double()
              }
              break
            }
            case 5: {
              yield * WireBlob.codec().stream(reader, reader.uint32(), `${prefix}.weights`, {
                limits: opts.limits?.weights
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.error`,
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

  export interface EvaluatedMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface EvaluatedLossSumFieldEvent {
    field: '$.lossSum'
    value: number
  }

  export interface EvaluatedWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface EvaluatedCorrectFieldEvent {
    field: '$.correct'
    value: number
  }

  export interface EvaluatedWeightsSha256FieldEvent {
    field: '$.weights.sha256'
    value: string
  }

  export interface EvaluatedWeightsBytesFieldEvent {
    field: '$.weights.bytes'
    value: number
  }

  export interface EvaluatedErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<Evaluated>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Evaluated.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Evaluated>): Evaluated {
    return decodeMessage(buf, Evaluated.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Evaluated>): Generator<EvaluatedMembershipFieldEvent | EvaluatedLossSumFieldEvent | EvaluatedWeightFieldEvent | EvaluatedCorrectFieldEvent | EvaluatedWeightsSha256FieldEvent | EvaluatedWeightsBytesFieldEvent | EvaluatedErrorFieldEvent> {
    return streamMessage(buf, Evaluated.codec(), opts)
  }
}

export interface Stop {
  reason: string
}

export namespace Stop {
  let _codec: Codec<Stop>

  export const codec = (): Codec<Stop> => {
    if (_codec == null) {
      _codec = message<Stop>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(10)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.string()
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
                field: `${prefix}.reason`,
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

  export interface StopReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export function encode (obj: Partial<Stop>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Stop.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stop>): Stop {
    return decodeMessage(buf, Stop.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stop>): Generator<StopReasonFieldEvent> {
    return streamMessage(buf, Stop.codec(), opts)
  }
}

export interface Leave {
  membership: number
  now: boolean
}

export namespace Leave {
  let _codec: Codec<Leave>

  export const codec = (): Codec<Leave> => {
    if (_codec == null) {
      _codec = message<Leave>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(8)
          w.uint32(obj.membership)
        }

        if ((obj.now != null && obj.now !== false)) {
          w.uint32(16)
          w.bool(obj.now)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          membership: 0,
          now: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.membership = reader.uint32()
              break
            }
            case 2: {
              obj.now = reader.bool()
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
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.now`,
                value: reader.bool()
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

  export interface LeaveMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface LeaveNowFieldEvent {
    field: '$.now'
    value: boolean
  }

  export function encode (obj: Partial<Leave>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Leave.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Leave {
    return decodeMessage(buf, Leave.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Generator<LeaveMembershipFieldEvent | LeaveNowFieldEvent> {
    return streamMessage(buf, Leave.codec(), opts)
  }
}

export interface Keep {
  sha256: string
  bytes: number
  holders: string[]
}

export namespace Keep {
  let _codec: Codec<Keep>

  export const codec = (): Codec<Keep> => {
    if (_codec == null) {
      _codec = message<Keep>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sha256 != null && obj.sha256 !== '')) {
          w.uint32(10)
          w.string(obj.sha256)
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.bytes)
        }

        if (obj.holders != null && obj.holders.length > 0) {
          for (const value of obj.holders) {
            w.uint32(26)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sha256: '',
          bytes: 0,
          holders: []
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
              obj.bytes = reader.uint64Number()
              break
            }
            case 3: {
              if (opts.limits?.holders != null && obj.holders.length === opts.limits.holders) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              if (obj.holders.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              obj.holders.push(reader.string())
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
        const obj = {
          holders: 64
        }

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
                field: `${prefix}.bytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              if (opts.limits?.holders != null && obj.holders === opts.limits.holders) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              if (obj.holders === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              yield {
                field: `${prefix}.holders[]`,
                index: obj.holders,
                value: reader.string()
              }

              obj.holders++

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

  export interface KeepSha256FieldEvent {
    field: '$.sha256'
    value: string
  }

  export interface KeepBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export interface KeepHoldersFieldEvent {
    field: '$.holders[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Keep>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Keep.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Keep>): Keep {
    return decodeMessage(buf, Keep.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Keep>): Generator<KeepSha256FieldEvent | KeepBytesFieldEvent | KeepHoldersFieldEvent> {
    return streamMessage(buf, Keep.codec(), opts)
  }
}

export interface Kept {
  sha256: string
  error: string
}

export namespace Kept {
  let _codec: Codec<Kept>

  export const codec = (): Codec<Kept> => {
    if (_codec == null) {
      _codec = message<Kept>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sha256 != null && obj.sha256 !== '')) {
          w.uint32(10)
          w.string(obj.sha256)
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(18)
          w.string(obj.error)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sha256: '',
          error: ''
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
              obj.error = reader.string()
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
                field: `${prefix}.error`,
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

  export interface KeptSha256FieldEvent {
    field: '$.sha256'
    value: string
  }

  export interface KeptErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<Kept>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Kept.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Kept>): Kept {
    return decodeMessage(buf, Kept.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Kept>): Generator<KeptSha256FieldEvent | KeptErrorFieldEvent> {
    return streamMessage(buf, Kept.codec(), opts)
  }
}

export interface WireJobMessage {
  jobId: string
  attempt: number
  fence?: WireFence
  bid?: Bid
  prepare?: Prepare
  prepared?: Prepared
  assign?: Assign
  ready?: Ready
  go?: Go
  roundDone?: RoundDone
  trouble?: Trouble
  query?: Query
  status?: Status
  evaluate?: Evaluate
  evaluated?: Evaluated
  stop?: Stop
  leave?: Leave
  keep?: Keep
  kept?: Kept
}

export namespace WireJobMessage {
  let _codec: Codec<WireJobMessage>

  export const codec = (): Codec<WireJobMessage> => {
    if (_codec == null) {
      _codec = message<WireJobMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.kept != null) {
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.keep != null) {
          obj.kept = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.leave != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.stop != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.evaluated != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.evaluate != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.status != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.query != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.trouble != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.roundDone != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.go != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.ready != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.assign != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.prepared = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.prepared != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepare = undefined
          obj.bid = undefined
        }

        if (obj.prepare != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.bid = undefined
        }

        if (obj.bid != null) {
          obj.kept = undefined
          obj.keep = undefined
          obj.leave = undefined
          obj.stop = undefined
          obj.evaluated = undefined
          obj.evaluate = undefined
          obj.status = undefined
          obj.query = undefined
          obj.trouble = undefined
          obj.roundDone = undefined
          obj.go = undefined
          obj.ready = undefined
          obj.assign = undefined
          obj.prepared = undefined
          obj.prepare = undefined
        }

        if ((obj.jobId != null && obj.jobId !== '')) {
          w.uint32(10)
          w.string(obj.jobId)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if (obj.fence != null) {
          w.uint32(26)
          WireFence.codec().encode(obj.fence, w)
        }

        if (obj.bid != null) {
          w.uint32(82)
          Bid.codec().encode(obj.bid, w)
        }

        if (obj.prepare != null) {
          w.uint32(90)
          Prepare.codec().encode(obj.prepare, w)
        }

        if (obj.prepared != null) {
          w.uint32(98)
          Prepared.codec().encode(obj.prepared, w)
        }

        if (obj.assign != null) {
          w.uint32(106)
          Assign.codec().encode(obj.assign, w)
        }

        if (obj.ready != null) {
          w.uint32(114)
          Ready.codec().encode(obj.ready, w)
        }

        if (obj.go != null) {
          w.uint32(122)
          Go.codec().encode(obj.go, w)
        }

        if (obj.roundDone != null) {
          w.uint32(130)
          RoundDone.codec().encode(obj.roundDone, w)
        }

        if (obj.trouble != null) {
          w.uint32(138)
          Trouble.codec().encode(obj.trouble, w)
        }

        if (obj.query != null) {
          w.uint32(146)
          Query.codec().encode(obj.query, w)
        }

        if (obj.status != null) {
          w.uint32(154)
          Status.codec().encode(obj.status, w)
        }

        if (obj.evaluate != null) {
          w.uint32(162)
          Evaluate.codec().encode(obj.evaluate, w)
        }

        if (obj.evaluated != null) {
          w.uint32(170)
          Evaluated.codec().encode(obj.evaluated, w)
        }

        if (obj.stop != null) {
          w.uint32(178)
          Stop.codec().encode(obj.stop, w)
        }

        if (obj.leave != null) {
          w.uint32(186)
          Leave.codec().encode(obj.leave, w)
        }

        if (obj.keep != null) {
          w.uint32(194)
          Keep.codec().encode(obj.keep, w)
        }

        if (obj.kept != null) {
          w.uint32(202)
          Kept.codec().encode(obj.kept, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          jobId: '',
          attempt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.jobId = reader.string()
              break
            }
            case 2: {
              obj.attempt = reader.uint32()
              break
            }
            case 3: {
              obj.fence = WireFence.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.fence
              })
              break
            }
            case 10: {
              obj.bid = Bid.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.bid
              })
              break
            }
            case 11: {
              obj.prepare = Prepare.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prepare
              })
              break
            }
            case 12: {
              obj.prepared = Prepared.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prepared
              })
              break
            }
            case 13: {
              obj.assign = Assign.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.assign
              })
              break
            }
            case 14: {
              obj.ready = Ready.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ready
              })
              break
            }
            case 15: {
              obj.go = Go.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.go
              })
              break
            }
            case 16: {
              obj.roundDone = RoundDone.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.roundDone
              })
              break
            }
            case 17: {
              obj.trouble = Trouble.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.trouble
              })
              break
            }
            case 18: {
              obj.query = Query.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.query
              })
              break
            }
            case 19: {
              obj.status = Status.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.status
              })
              break
            }
            case 20: {
              obj.evaluate = Evaluate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.evaluate
              })
              break
            }
            case 21: {
              obj.evaluated = Evaluated.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.evaluated
              })
              break
            }
            case 22: {
              obj.stop = Stop.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stop
              })
              break
            }
            case 23: {
              obj.leave = Leave.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.leave
              })
              break
            }
            case 24: {
              obj.keep = Keep.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.keep
              })
              break
            }
            case 25: {
              obj.kept = Kept.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.kept
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.kept != null) {
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.keep != null) {
          delete obj.kept
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.leave != null) {
          delete obj.kept
          delete obj.keep
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.stop != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.evaluated != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.evaluate != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.status != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.query != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.trouble != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.roundDone != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.go != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.ready != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.assign != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.prepared
          delete obj.prepare
          delete obj.bid
        }

        if (obj.prepared != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepare
          delete obj.bid
        }

        if (obj.prepare != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.bid
        }

        if (obj.bid != null) {
          delete obj.kept
          delete obj.keep
          delete obj.leave
          delete obj.stop
          delete obj.evaluated
          delete obj.evaluate
          delete obj.status
          delete obj.query
          delete obj.trouble
          delete obj.roundDone
          delete obj.go
          delete obj.ready
          delete obj.assign
          delete obj.prepared
          delete obj.prepare
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.jobId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield * WireFence.codec().stream(reader, reader.uint32(), `${prefix}.fence`, {
                limits: opts.limits?.fence
              })

              break
            }
            case 10: {
              yield * Bid.codec().stream(reader, reader.uint32(), `${prefix}.bid`, {
                limits: opts.limits?.bid
              })

              break
            }
            case 11: {
              yield * Prepare.codec().stream(reader, reader.uint32(), `${prefix}.prepare`, {
                limits: opts.limits?.prepare
              })

              break
            }
            case 12: {
              yield * Prepared.codec().stream(reader, reader.uint32(), `${prefix}.prepared`, {
                limits: opts.limits?.prepared
              })

              break
            }
            case 13: {
              yield * Assign.codec().stream(reader, reader.uint32(), `${prefix}.assign`, {
                limits: opts.limits?.assign
              })

              break
            }
            case 14: {
              yield * Ready.codec().stream(reader, reader.uint32(), `${prefix}.ready`, {
                limits: opts.limits?.ready
              })

              break
            }
            case 15: {
              yield * Go.codec().stream(reader, reader.uint32(), `${prefix}.go`, {
                limits: opts.limits?.go
              })

              break
            }
            case 16: {
              yield * RoundDone.codec().stream(reader, reader.uint32(), `${prefix}.roundDone`, {
                limits: opts.limits?.roundDone
              })

              break
            }
            case 17: {
              yield * Trouble.codec().stream(reader, reader.uint32(), `${prefix}.trouble`, {
                limits: opts.limits?.trouble
              })

              break
            }
            case 18: {
              yield * Query.codec().stream(reader, reader.uint32(), `${prefix}.query`, {
                limits: opts.limits?.query
              })

              break
            }
            case 19: {
              yield * Status.codec().stream(reader, reader.uint32(), `${prefix}.status`, {
                limits: opts.limits?.status
              })

              break
            }
            case 20: {
              yield * Evaluate.codec().stream(reader, reader.uint32(), `${prefix}.evaluate`, {
                limits: opts.limits?.evaluate
              })

              break
            }
            case 21: {
              yield * Evaluated.codec().stream(reader, reader.uint32(), `${prefix}.evaluated`, {
                limits: opts.limits?.evaluated
              })

              break
            }
            case 22: {
              yield * Stop.codec().stream(reader, reader.uint32(), `${prefix}.stop`, {
                limits: opts.limits?.stop
              })

              break
            }
            case 23: {
              yield * Leave.codec().stream(reader, reader.uint32(), `${prefix}.leave`, {
                limits: opts.limits?.leave
              })

              break
            }
            case 24: {
              yield * Keep.codec().stream(reader, reader.uint32(), `${prefix}.keep`, {
                limits: opts.limits?.keep
              })

              break
            }
            case 25: {
              yield * Kept.codec().stream(reader, reader.uint32(), `${prefix}.kept`, {
                limits: opts.limits?.kept
              })

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

  export interface WireJobMessageJobIdFieldEvent {
    field: '$.jobId'
    value: string
  }

  export interface WireJobMessageAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface WireJobMessageFenceEpochFieldEvent {
    field: '$.fence.epoch'
    value: number
  }

  export interface WireJobMessageFenceEpochIdFieldEvent {
    field: '$.fence.epochId'
    value: string
  }

  export interface WireJobMessageFenceTermFieldEvent {
    field: '$.fence.term'
    value: number
  }

  export interface WireJobMessageBidFreeBytesFieldEvent {
    field: '$.bid.freeBytes'
    value: number
  }

  export interface WireJobMessageBidSpeedFieldEvent {
    field: '$.bid.speed'
    value: number
  }

  export interface WireJobMessageBidCachedFieldEvent {
    field: '$.bid.cached'
    value: boolean
  }

  export interface WireJobMessageBidFreeSlotsFieldEvent {
    field: '$.bid.freeSlots'
    value: number
  }

  export interface WireJobMessageBidRefusalFieldEvent {
    field: '$.bid.refusal'
    value: string
  }

  export interface WireJobMessageBidDiskBytesFieldEvent {
    field: '$.bid.diskBytes'
    value: number
  }

  export interface WireJobMessagePrepareSignedSpecFieldEvent {
    field: '$.prepare.signedSpec'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireJobMessagePrepareShareFieldEvent {
    field: '$.prepare.share'
    value: number
  }

  export interface WireJobMessagePreparedErrorFieldEvent {
    field: '$.prepared.error'
    value: string
  }

  export interface WireJobMessagePreparedSamplesPerSecondFieldEvent {
    field: '$.prepared.samplesPerSecond'
    value: number
  }

  export interface WireJobMessagePreparedMemoryBytesFieldEvent {
    field: '$.prepared.memoryBytes'
    value: number
  }

  export interface WireJobMessageAssignMembershipFieldEvent {
    field: '$.assign.membership'
    value: number
  }

  export interface WireJobMessageAssignMembersPeerIdFieldEvent {
    field: '$.assign.members[].peerId'
    value: string
    index: number
  }

  export interface WireJobMessageAssignMembersShareFieldEvent {
    field: '$.assign.members[].share'
    value: number
    index: number
  }

  export interface WireJobMessageAssignStartStepFieldEvent {
    field: '$.assign.startStep'
    value: number
  }

  export interface WireJobMessageAssignHoldersFieldEvent {
    field: '$.assign.holders[]'
    index: number
    value: string
  }

  export interface WireJobMessageAssignCheckpointSha256FieldEvent {
    field: '$.assign.checkpoint.sha256'
    value: string
  }

  export interface WireJobMessageAssignCheckpointBytesFieldEvent {
    field: '$.assign.checkpoint.bytes'
    value: number
  }

  export interface WireJobMessageReadyMembershipFieldEvent {
    field: '$.ready.membership'
    value: number
  }

  export interface WireJobMessageReadyErrorFieldEvent {
    field: '$.ready.error'
    value: string
  }

  export interface WireJobMessageReadyLacksCheckpointFieldEvent {
    field: '$.ready.lacksCheckpoint'
    value: boolean
  }

  export interface WireJobMessageGoMembershipFieldEvent {
    field: '$.go.membership'
    value: number
  }

  export interface WireJobMessageGoRoundFieldEvent {
    field: '$.go.round'
    value: number
  }

  export interface WireJobMessageGoUntilStepFieldEvent {
    field: '$.go.untilStep'
    value: number
  }

  export interface WireJobMessageGoCheckpointFieldEvent {
    field: '$.go.checkpoint'
    value: boolean
  }

  export interface WireJobMessageRoundDoneMembershipFieldEvent {
    field: '$.roundDone.membership'
    value: number
  }

  export interface WireJobMessageRoundDoneRoundFieldEvent {
    field: '$.roundDone.round'
    value: number
  }

  export interface WireJobMessageRoundDoneStepFieldEvent {
    field: '$.roundDone.step'
    value: number
  }

  export interface WireJobMessageRoundDoneThetaHashFieldEvent {
    field: '$.roundDone.thetaHash'
    value: string
  }

  export interface WireJobMessageRoundDoneLossFieldEvent {
    field: '$.roundDone.loss'
    value: number
  }

  export interface WireJobMessageRoundDoneAccuracyFieldEvent {
    field: '$.roundDone.accuracy'
    value: number
  }

  export interface WireJobMessageRoundDoneSecondsFieldEvent {
    field: '$.roundDone.seconds'
    value: number
  }

  export interface WireJobMessageRoundDoneComputeSecondsFieldEvent {
    field: '$.roundDone.computeSeconds'
    value: number
  }

  export interface WireJobMessageRoundDoneBytesSentFieldEvent {
    field: '$.roundDone.bytesSent'
    value: number
  }

  export interface WireJobMessageRoundDoneBytesReceivedFieldEvent {
    field: '$.roundDone.bytesReceived'
    value: number
  }

  export interface WireJobMessageRoundDoneCheckpointSha256FieldEvent {
    field: '$.roundDone.checkpoint.sha256'
    value: string
  }

  export interface WireJobMessageRoundDoneCheckpointBytesFieldEvent {
    field: '$.roundDone.checkpoint.bytes'
    value: number
  }

  export interface WireJobMessageRoundDoneSkippedStepsFieldEvent {
    field: '$.roundDone.skippedSteps'
    value: number
  }

  export interface WireJobMessageTroubleMembershipFieldEvent {
    field: '$.trouble.membership'
    value: number
  }

  export interface WireJobMessageTroubleStepFieldEvent {
    field: '$.trouble.step'
    value: number
  }

  export interface WireJobMessageTroublePeerIdFieldEvent {
    field: '$.trouble.peerId'
    value: string
  }

  export interface WireJobMessageTroubleReasonFieldEvent {
    field: '$.trouble.reason'
    value: string
  }

  export interface WireJobMessageTroubleFatalFieldEvent {
    field: '$.trouble.fatal'
    value: boolean
  }

  export interface WireJobMessageQueryNonceFieldEvent {
    field: '$.query.nonce'
    value: number
  }

  export interface WireJobMessageQueryFreezeFieldEvent {
    field: '$.query.freeze'
    value: boolean
  }

  export interface WireJobMessageStatusNonceFieldEvent {
    field: '$.status.nonce'
    value: number
  }

  export interface WireJobMessageStatusPreparedFieldEvent {
    field: '$.status.prepared'
    value: boolean
  }

  export interface WireJobMessageStatusStepFieldEvent {
    field: '$.status.step'
    value: number
  }

  export interface WireJobMessageStatusOldestStepFieldEvent {
    field: '$.status.oldestStep'
    value: number
  }

  export interface WireJobMessageStatusHoldsStateFieldEvent {
    field: '$.status.holdsState'
    value: boolean
  }

  export interface WireJobMessageStatusMemoryBytesFieldEvent {
    field: '$.status.memoryBytes'
    value: number
  }

  export interface WireJobMessageEvaluateMembershipFieldEvent {
    field: '$.evaluate.membership'
    value: number
  }

  export interface WireJobMessageEvaluatedMembershipFieldEvent {
    field: '$.evaluated.membership'
    value: number
  }

  export interface WireJobMessageEvaluatedLossSumFieldEvent {
    field: '$.evaluated.lossSum'
    value: number
  }

  export interface WireJobMessageEvaluatedWeightFieldEvent {
    field: '$.evaluated.weight'
    value: number
  }

  export interface WireJobMessageEvaluatedCorrectFieldEvent {
    field: '$.evaluated.correct'
    value: number
  }

  export interface WireJobMessageEvaluatedWeightsSha256FieldEvent {
    field: '$.evaluated.weights.sha256'
    value: string
  }

  export interface WireJobMessageEvaluatedWeightsBytesFieldEvent {
    field: '$.evaluated.weights.bytes'
    value: number
  }

  export interface WireJobMessageEvaluatedErrorFieldEvent {
    field: '$.evaluated.error'
    value: string
  }

  export interface WireJobMessageStopReasonFieldEvent {
    field: '$.stop.reason'
    value: string
  }

  export interface WireJobMessageLeaveMembershipFieldEvent {
    field: '$.leave.membership'
    value: number
  }

  export interface WireJobMessageLeaveNowFieldEvent {
    field: '$.leave.now'
    value: boolean
  }

  export interface WireJobMessageKeepSha256FieldEvent {
    field: '$.keep.sha256'
    value: string
  }

  export interface WireJobMessageKeepBytesFieldEvent {
    field: '$.keep.bytes'
    value: number
  }

  export interface WireJobMessageKeepHoldersFieldEvent {
    field: '$.keep.holders[]'
    index: number
    value: string
  }

  export interface WireJobMessageKeptSha256FieldEvent {
    field: '$.kept.sha256'
    value: string
  }

  export interface WireJobMessageKeptErrorFieldEvent {
    field: '$.kept.error'
    value: string
  }

  export function encode (obj: Partial<WireJobMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireJobMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireJobMessage>): WireJobMessage {
    return decodeMessage(buf, WireJobMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireJobMessage>): Generator<WireJobMessageJobIdFieldEvent | WireJobMessageAttemptFieldEvent | WireJobMessageFenceEpochFieldEvent | WireJobMessageFenceEpochIdFieldEvent | WireJobMessageFenceTermFieldEvent | WireJobMessageBidFreeBytesFieldEvent | WireJobMessageBidSpeedFieldEvent | WireJobMessageBidCachedFieldEvent | WireJobMessageBidFreeSlotsFieldEvent | WireJobMessageBidRefusalFieldEvent | WireJobMessageBidDiskBytesFieldEvent | WireJobMessagePrepareSignedSpecFieldEvent | WireJobMessagePrepareShareFieldEvent | WireJobMessagePreparedErrorFieldEvent | WireJobMessagePreparedSamplesPerSecondFieldEvent | WireJobMessagePreparedMemoryBytesFieldEvent | WireJobMessageAssignMembershipFieldEvent | WireJobMessageAssignMembersPeerIdFieldEvent | WireJobMessageAssignMembersShareFieldEvent | WireJobMessageAssignStartStepFieldEvent | WireJobMessageAssignHoldersFieldEvent | WireJobMessageAssignCheckpointSha256FieldEvent | WireJobMessageAssignCheckpointBytesFieldEvent | WireJobMessageReadyMembershipFieldEvent | WireJobMessageReadyErrorFieldEvent | WireJobMessageReadyLacksCheckpointFieldEvent | WireJobMessageGoMembershipFieldEvent | WireJobMessageGoRoundFieldEvent | WireJobMessageGoUntilStepFieldEvent | WireJobMessageGoCheckpointFieldEvent | WireJobMessageRoundDoneMembershipFieldEvent | WireJobMessageRoundDoneRoundFieldEvent | WireJobMessageRoundDoneStepFieldEvent | WireJobMessageRoundDoneThetaHashFieldEvent | WireJobMessageRoundDoneLossFieldEvent | WireJobMessageRoundDoneAccuracyFieldEvent | WireJobMessageRoundDoneSecondsFieldEvent | WireJobMessageRoundDoneComputeSecondsFieldEvent | WireJobMessageRoundDoneBytesSentFieldEvent | WireJobMessageRoundDoneBytesReceivedFieldEvent | WireJobMessageRoundDoneCheckpointSha256FieldEvent | WireJobMessageRoundDoneCheckpointBytesFieldEvent | WireJobMessageRoundDoneSkippedStepsFieldEvent | WireJobMessageTroubleMembershipFieldEvent | WireJobMessageTroubleStepFieldEvent | WireJobMessageTroublePeerIdFieldEvent | WireJobMessageTroubleReasonFieldEvent | WireJobMessageTroubleFatalFieldEvent | WireJobMessageQueryNonceFieldEvent | WireJobMessageQueryFreezeFieldEvent | WireJobMessageStatusNonceFieldEvent | WireJobMessageStatusPreparedFieldEvent | WireJobMessageStatusStepFieldEvent | WireJobMessageStatusOldestStepFieldEvent | WireJobMessageStatusHoldsStateFieldEvent | WireJobMessageStatusMemoryBytesFieldEvent | WireJobMessageEvaluateMembershipFieldEvent | WireJobMessageEvaluatedMembershipFieldEvent | WireJobMessageEvaluatedLossSumFieldEvent | WireJobMessageEvaluatedWeightFieldEvent | WireJobMessageEvaluatedCorrectFieldEvent | WireJobMessageEvaluatedWeightsSha256FieldEvent | WireJobMessageEvaluatedWeightsBytesFieldEvent | WireJobMessageEvaluatedErrorFieldEvent | WireJobMessageStopReasonFieldEvent | WireJobMessageLeaveMembershipFieldEvent | WireJobMessageLeaveNowFieldEvent | WireJobMessageKeepSha256FieldEvent | WireJobMessageKeepBytesFieldEvent | WireJobMessageKeepHoldersFieldEvent | WireJobMessageKeptSha256FieldEvent | WireJobMessageKeptErrorFieldEvent> {
    return streamMessage(buf, WireJobMessage.codec(), opts)
  }
}

export interface WireProgress {
  jobId: string
  step: number
  round: number
  epoch: number
  samples: number
  loss: number
  accuracy?: number
  samplesPerSecond: number
  peers: number
  bytesSent: number
  bytesReceived: number
  memoryBytes: number
  totalSteps: number
  attempt: number
  detail: boolean
  waitShare?: number
  skippedSteps?: number
}

export namespace WireProgress {
  let _codec: Codec<WireProgress>

  export const codec = (): Codec<WireProgress> => {
    if (_codec == null) {
      _codec = message<WireProgress>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.jobId != null && obj.jobId !== '')) {
          w.uint32(10)
          w.string(obj.jobId)
        }

        if ((obj.step != null && obj.step !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.step)
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(24)
          w.uint32(obj.round)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(32)
          w.uint32(obj.epoch)
        }

        if ((obj.samples != null && obj.samples !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.samples)
        }

        if ((obj.loss != null && obj.loss !== 0)) {
          w.uint32(49)
          w.double(obj.loss)
        }

        if (obj.accuracy != null) {
          w.uint32(57)
          w.double(obj.accuracy)
        }

        if ((obj.samplesPerSecond != null && obj.samplesPerSecond !== 0)) {
          w.uint32(65)
          w.double(obj.samplesPerSecond)
        }

        if ((obj.peers != null && obj.peers !== 0)) {
          w.uint32(72)
          w.uint32(obj.peers)
        }

        if ((obj.bytesSent != null && obj.bytesSent !== 0)) {
          w.uint32(80)
          w.uint64Number(obj.bytesSent)
        }

        if ((obj.bytesReceived != null && obj.bytesReceived !== 0)) {
          w.uint32(88)
          w.uint64Number(obj.bytesReceived)
        }

        if ((obj.memoryBytes != null && obj.memoryBytes !== 0)) {
          w.uint32(96)
          w.uint64Number(obj.memoryBytes)
        }

        if ((obj.totalSteps != null && obj.totalSteps !== 0)) {
          w.uint32(104)
          w.uint64Number(obj.totalSteps)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(112)
          w.uint32(obj.attempt)
        }

        if ((obj.detail != null && obj.detail !== false)) {
          w.uint32(120)
          w.bool(obj.detail)
        }

        if (obj.waitShare != null) {
          w.uint32(129)
          w.double(obj.waitShare)
        }

        if (obj.skippedSteps != null) {
          w.uint32(136)
          w.uint64Number(obj.skippedSteps)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          jobId: '',
          step: 0,
          round: 0,
          epoch: 0,
          samples: 0,
          loss: 0,
          samplesPerSecond: 0,
          peers: 0,
          bytesSent: 0,
          bytesReceived: 0,
          memoryBytes: 0,
          totalSteps: 0,
          attempt: 0,
          detail: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.jobId = reader.string()
              break
            }
            case 2: {
              obj.step = reader.uint64Number()
              break
            }
            case 3: {
              obj.round = reader.uint32()
              break
            }
            case 4: {
              obj.epoch = reader.uint32()
              break
            }
            case 5: {
              obj.samples = reader.uint64Number()
              break
            }
            case 6: {
              obj.loss = reader.double()
              break
            }
            case 7: {
              obj.accuracy = reader.double()
              break
            }
            case 8: {
              obj.samplesPerSecond = reader.double()
              break
            }
            case 9: {
              obj.peers = reader.uint32()
              break
            }
            case 10: {
              obj.bytesSent = reader.uint64Number()
              break
            }
            case 11: {
              obj.bytesReceived = reader.uint64Number()
              break
            }
            case 12: {
              obj.memoryBytes = reader.uint64Number()
              break
            }
            case 13: {
              obj.totalSteps = reader.uint64Number()
              break
            }
            case 14: {
              obj.attempt = reader.uint32()
              break
            }
            case 15: {
              obj.detail = reader.bool()
              break
            }
            case 16: {
              obj.waitShare = reader.double()
              break
            }
            case 17: {
              obj.skippedSteps = reader.uint64Number()
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
                field: `${prefix}.jobId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.step`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.round`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.samples`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.loss`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.accuracy`,
                value: reader.double()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.samplesPerSecond`,
                value: reader.double()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.peers`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.bytesSent`,
                value: reader.uint64Number()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.bytesReceived`,
                value: reader.uint64Number()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.memoryBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.totalSteps`,
                value: reader.uint64Number()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.detail`,
                value: reader.bool()
              }
              break
            }
            case 16: {
              yield {
                field: `${prefix}.waitShare`,
                value: reader.double()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.skippedSteps`,
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

  export interface WireProgressJobIdFieldEvent {
    field: '$.jobId'
    value: string
  }

  export interface WireProgressStepFieldEvent {
    field: '$.step'
    value: number
  }

  export interface WireProgressRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export interface WireProgressEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface WireProgressSamplesFieldEvent {
    field: '$.samples'
    value: number
  }

  export interface WireProgressLossFieldEvent {
    field: '$.loss'
    value: number
  }

  export interface WireProgressAccuracyFieldEvent {
    field: '$.accuracy'
    value: number
  }

  export interface WireProgressSamplesPerSecondFieldEvent {
    field: '$.samplesPerSecond'
    value: number
  }

  export interface WireProgressPeersFieldEvent {
    field: '$.peers'
    value: number
  }

  export interface WireProgressBytesSentFieldEvent {
    field: '$.bytesSent'
    value: number
  }

  export interface WireProgressBytesReceivedFieldEvent {
    field: '$.bytesReceived'
    value: number
  }

  export interface WireProgressMemoryBytesFieldEvent {
    field: '$.memoryBytes'
    value: number
  }

  export interface WireProgressTotalStepsFieldEvent {
    field: '$.totalSteps'
    value: number
  }

  export interface WireProgressAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface WireProgressDetailFieldEvent {
    field: '$.detail'
    value: boolean
  }

  export interface WireProgressWaitShareFieldEvent {
    field: '$.waitShare'
    value: number
  }

  export interface WireProgressSkippedStepsFieldEvent {
    field: '$.skippedSteps'
    value: number
  }

  export function encode (obj: Partial<WireProgress>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireProgress.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireProgress>): WireProgress {
    return decodeMessage(buf, WireProgress.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireProgress>): Generator<WireProgressJobIdFieldEvent | WireProgressStepFieldEvent | WireProgressRoundFieldEvent | WireProgressEpochFieldEvent | WireProgressSamplesFieldEvent | WireProgressLossFieldEvent | WireProgressAccuracyFieldEvent | WireProgressSamplesPerSecondFieldEvent | WireProgressPeersFieldEvent | WireProgressBytesSentFieldEvent | WireProgressBytesReceivedFieldEvent | WireProgressMemoryBytesFieldEvent | WireProgressTotalStepsFieldEvent | WireProgressAttemptFieldEvent | WireProgressDetailFieldEvent | WireProgressWaitShareFieldEvent | WireProgressSkippedStepsFieldEvent> {
    return streamMessage(buf, WireProgress.codec(), opts)
  }
}
