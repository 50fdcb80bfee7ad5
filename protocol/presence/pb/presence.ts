import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Limit {
  name: string
  value: number
}

export namespace Limit {
  let _codec: Codec<Limit>

  export const codec = (): Codec<Limit> => {
    if (_codec == null) {
      _codec = message<Limit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.value != null && obj.value !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          value: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.value = reader.uint64Number()
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
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
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

  export interface LimitNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface LimitValueFieldEvent {
    field: '$.value'
    value: number
  }

  export function encode (obj: Partial<Limit>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Limit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Limit>): Limit {
    return decodeMessage(buf, Limit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Limit>): Generator<LimitNameFieldEvent | LimitValueFieldEvent> {
    return streamMessage(buf, Limit.codec(), opts)
  }
}

export interface Device {
  vendor: string
  architecture: string
  description: string
  backend: string
  type: string
  features: string[]
  limits: Limit[]
}

export namespace Device {
  let _codec: Codec<Device>

  export const codec = (): Codec<Device> => {
    if (_codec == null) {
      _codec = message<Device>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.vendor != null && obj.vendor !== '')) {
          w.uint32(10)
          w.string(obj.vendor)
        }

        if ((obj.architecture != null && obj.architecture !== '')) {
          w.uint32(18)
          w.string(obj.architecture)
        }

        if ((obj.description != null && obj.description !== '')) {
          w.uint32(26)
          w.string(obj.description)
        }

        if ((obj.backend != null && obj.backend !== '')) {
          w.uint32(34)
          w.string(obj.backend)
        }

        if ((obj.type != null && obj.type !== '')) {
          w.uint32(42)
          w.string(obj.type)
        }

        if (obj.features != null && obj.features.length > 0) {
          for (const value of obj.features) {
            w.uint32(50)
            w.string(value)
          }
        }

        if (obj.limits != null && obj.limits.length > 0) {
          for (const value of obj.limits) {
            w.uint32(58)
            Limit.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          vendor: '',
          architecture: '',
          description: '',
          backend: '',
          type: '',
          features: [],
          limits: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.vendor = reader.string()
              break
            }
            case 2: {
              obj.architecture = reader.string()
              break
            }
            case 3: {
              obj.description = reader.string()
              break
            }
            case 4: {
              obj.backend = reader.string()
              break
            }
            case 5: {
              obj.type = reader.string()
              break
            }
            case 6: {
              if (opts.limits?.features != null && obj.features.length === opts.limits.features) {
                throw new MaxLengthError('Decode error - repeated field "features" had too many elements')
              }

              if (obj.features.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "features" had too many elements')
              }

              obj.features.push(reader.string())
              break
            }
            case 7: {
              if (opts.limits?.limits != null && obj.limits.length === opts.limits.limits) {
                throw new MaxLengthError('Decode error - repeated field "limits" had too many elements')
              }

              if (obj.limits.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "limits" had too many elements')
              }

              obj.limits.push(Limit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.limits$
              }))
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
          features: 128,
          limits: 128
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.vendor`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.architecture`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.description`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.backend`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.type`,
                value: reader.string()
              }
              break
            }
            case 6: {
              if (opts.limits?.features != null && obj.features === opts.limits.features) {
                throw new MaxLengthError('Streaming decode error - repeated field "features" had too many elements')
              }

              if (obj.features === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "features" had too many elements')
              }

              yield {
                field: `${prefix}.features[]`,
                index: obj.features,
                value: reader.string()
              }

              obj.features++

              break
            }
            case 7: {
              if (opts.limits?.limits != null && obj.limits === opts.limits.limits) {
                throw new MaxLengthError('Streaming decode error - repeated field "limits" had too many elements')
              }

              if (obj.limits === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "limits" had too many elements')
              }

              for (const evt of Limit.codec().stream(reader, reader.uint32(), `${prefix}.limits[]`, {
                limits: opts.limits?.limits$
              })) {
                yield {
                  ...evt,
                  index: obj.limits
                }
              }

              obj.limits++

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

  export interface DeviceVendorFieldEvent {
    field: '$.vendor'
    value: string
  }

  export interface DeviceArchitectureFieldEvent {
    field: '$.architecture'
    value: string
  }

  export interface DeviceDescriptionFieldEvent {
    field: '$.description'
    value: string
  }

  export interface DeviceBackendFieldEvent {
    field: '$.backend'
    value: string
  }

  export interface DeviceTypeFieldEvent {
    field: '$.type'
    value: string
  }

  export interface DeviceFeaturesFieldEvent {
    field: '$.features[]'
    index: number
    value: string
  }

  export interface DeviceLimitsNameFieldEvent {
    field: '$.limits[].name'
    value: string
    index: number
  }

  export interface DeviceLimitsValueFieldEvent {
    field: '$.limits[].value'
    value: number
    index: number
  }

  export function encode (obj: Partial<Device>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Device.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Device {
    return decodeMessage(buf, Device.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Generator<DeviceVendorFieldEvent | DeviceArchitectureFieldEvent | DeviceDescriptionFieldEvent | DeviceBackendFieldEvent | DeviceTypeFieldEvent | DeviceFeaturesFieldEvent | DeviceLimitsNameFieldEvent | DeviceLimitsValueFieldEvent> {
    return streamMessage(buf, Device.codec(), opts)
  }
}

export interface Memory {
  totalBytes?: number
  freeBytes?: number
  source: string
  limitBytes: number
  usedBytes: number
  maxBufferSize: number
  maxStorageBufferBindingSize: number
}

export namespace Memory {
  let _codec: Codec<Memory>

  export const codec = (): Codec<Memory> => {
    if (_codec == null) {
      _codec = message<Memory>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.totalBytes != null) {
          w.uint32(8)
          w.uint64Number(obj.totalBytes)
        }

        if (obj.freeBytes != null) {
          w.uint32(16)
          w.uint64Number(obj.freeBytes)
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(26)
          w.string(obj.source)
        }

        if ((obj.limitBytes != null && obj.limitBytes !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.limitBytes)
        }

        if ((obj.usedBytes != null && obj.usedBytes !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.usedBytes)
        }

        if ((obj.maxBufferSize != null && obj.maxBufferSize !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.maxBufferSize)
        }

        if ((obj.maxStorageBufferBindingSize != null && obj.maxStorageBufferBindingSize !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.maxStorageBufferBindingSize)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          source: '',
          limitBytes: 0,
          usedBytes: 0,
          maxBufferSize: 0,
          maxStorageBufferBindingSize: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.totalBytes = reader.uint64Number()
              break
            }
            case 2: {
              obj.freeBytes = reader.uint64Number()
              break
            }
            case 3: {
              obj.source = reader.string()
              break
            }
            case 4: {
              obj.limitBytes = reader.uint64Number()
              break
            }
            case 5: {
              obj.usedBytes = reader.uint64Number()
              break
            }
            case 6: {
              obj.maxBufferSize = reader.uint64Number()
              break
            }
            case 7: {
              obj.maxStorageBufferBindingSize = reader.uint64Number()
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
                field: `${prefix}.totalBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.freeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.source`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.limitBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.usedBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.maxBufferSize`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.maxStorageBufferBindingSize`,
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

  export interface MemoryTotalBytesFieldEvent {
    field: '$.totalBytes'
    value: number
  }

  export interface MemoryFreeBytesFieldEvent {
    field: '$.freeBytes'
    value: number
  }

  export interface MemorySourceFieldEvent {
    field: '$.source'
    value: string
  }

  export interface MemoryLimitBytesFieldEvent {
    field: '$.limitBytes'
    value: number
  }

  export interface MemoryUsedBytesFieldEvent {
    field: '$.usedBytes'
    value: number
  }

  export interface MemoryMaxBufferSizeFieldEvent {
    field: '$.maxBufferSize'
    value: number
  }

  export interface MemoryMaxStorageBufferBindingSizeFieldEvent {
    field: '$.maxStorageBufferBindingSize'
    value: number
  }

  export function encode (obj: Partial<Memory>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Memory.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Memory>): Memory {
    return decodeMessage(buf, Memory.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Memory>): Generator<MemoryTotalBytesFieldEvent | MemoryFreeBytesFieldEvent | MemorySourceFieldEvent | MemoryLimitBytesFieldEvent | MemoryUsedBytesFieldEvent | MemoryMaxBufferSizeFieldEvent | MemoryMaxStorageBufferBindingSizeFieldEvent> {
    return streamMessage(buf, Memory.codec(), opts)
  }
}

export interface Presence {
  peerId: string
  kind: string
  version: string
  device?: Device
  memory?: Memory
  speed: number
  slots: number
  activeJobs: number
  visible: boolean
  mayVote: boolean
  addresses: string[]
  leaving: boolean
  epochId: string
  incarnation: string
  startedAtMs: number
  revision: number
  contests: string
}

export namespace Presence {
  let _codec: Codec<Presence>

  export const codec = (): Codec<Presence> => {
    if (_codec == null) {
      _codec = message<Presence>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.kind != null && obj.kind !== '')) {
          w.uint32(18)
          w.string(obj.kind)
        }

        if ((obj.version != null && obj.version !== '')) {
          w.uint32(26)
          w.string(obj.version)
        }

        if (obj.device != null) {
          w.uint32(34)
          Device.codec().encode(obj.device, w)
        }

        if (obj.memory != null) {
          w.uint32(42)
          Memory.codec().encode(obj.memory, w)
        }

        if ((obj.speed != null && obj.speed !== 0)) {
          w.uint32(49)
          w.double(obj.speed)
        }

        if ((obj.slots != null && obj.slots !== 0)) {
          w.uint32(56)
          w.uint32(obj.slots)
        }

        if ((obj.activeJobs != null && obj.activeJobs !== 0)) {
          w.uint32(64)
          w.uint32(obj.activeJobs)
        }

        if ((obj.visible != null && obj.visible !== false)) {
          w.uint32(72)
          w.bool(obj.visible)
        }

        if ((obj.mayVote != null && obj.mayVote !== false)) {
          w.uint32(80)
          w.bool(obj.mayVote)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(90)
            w.string(value)
          }
        }

        if ((obj.leaving != null && obj.leaving !== false)) {
          w.uint32(96)
          w.bool(obj.leaving)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(106)
          w.string(obj.epochId)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(114)
          w.string(obj.incarnation)
        }

        if ((obj.startedAtMs != null && obj.startedAtMs !== 0)) {
          w.uint32(120)
          w.uint64Number(obj.startedAtMs)
        }

        if ((obj.revision != null && obj.revision !== 0)) {
          w.uint32(128)
          w.uint32(obj.revision)
        }

        if ((obj.contests != null && obj.contests !== '')) {
          w.uint32(138)
          w.string(obj.contests)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          kind: '',
          version: '',
          speed: 0,
          slots: 0,
          activeJobs: 0,
          visible: false,
          mayVote: false,
          addresses: [],
          leaving: false,
          epochId: '',
          incarnation: '',
          startedAtMs: 0,
          revision: 0,
          contests: ''
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
              obj.kind = reader.string()
              break
            }
            case 3: {
              obj.version = reader.string()
              break
            }
            case 4: {
              obj.device = Device.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.device
              })
              break
            }
            case 5: {
              obj.memory = Memory.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.memory
              })
              break
            }
            case 6: {
              obj.speed = reader.double()
              break
            }
            case 7: {
              obj.slots = reader.uint32()
              break
            }
            case 8: {
              obj.activeJobs = reader.uint32()
              break
            }
            case 9: {
              obj.visible = reader.bool()
              break
            }
            case 10: {
              obj.mayVote = reader.bool()
              break
            }
            case 11: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses.length === 32) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
              break
            }
            case 12: {
              obj.leaving = reader.bool()
              break
            }
            case 13: {
              obj.epochId = reader.string()
              break
            }
            case 14: {
              obj.incarnation = reader.string()
              break
            }
            case 15: {
              obj.startedAtMs = reader.uint64Number()
              break
            }
            case 16: {
              obj.revision = reader.uint32()
              break
            }
            case 17: {
              obj.contests = reader.string()
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
          addresses: 32
        }

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
                field: `${prefix}.kind`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.version`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield * Device.codec().stream(reader, reader.uint32(), `${prefix}.device`, {
                limits: opts.limits?.device
              })

              break
            }
            case 5: {
              yield * Memory.codec().stream(reader, reader.uint32(), `${prefix}.memory`, {
                limits: opts.limits?.memory
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.speed`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.slots`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.activeJobs`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.visible`,
                value: reader.bool()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.mayVote`,
                value: reader.bool()
              }
              break
            }
            case 11: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses === 32) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.string()
              }

              obj.addresses++

              break
            }
            case 12: {
              yield {
                field: `${prefix}.leaving`,
                value: reader.bool()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.epochId`,
                value: reader.string()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.startedAtMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 16: {
              yield {
                field: `${prefix}.revision`,
                value: reader.uint32()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.contests`,
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

  export interface PresencePeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface PresenceKindFieldEvent {
    field: '$.kind'
    value: string
  }

  export interface PresenceVersionFieldEvent {
    field: '$.version'
    value: string
  }

  export interface PresenceDeviceVendorFieldEvent {
    field: '$.device.vendor'
    value: string
  }

  export interface PresenceDeviceArchitectureFieldEvent {
    field: '$.device.architecture'
    value: string
  }

  export interface PresenceDeviceDescriptionFieldEvent {
    field: '$.device.description'
    value: string
  }

  export interface PresenceDeviceBackendFieldEvent {
    field: '$.device.backend'
    value: string
  }

  export interface PresenceDeviceTypeFieldEvent {
    field: '$.device.type'
    value: string
  }

  export interface PresenceDeviceFeaturesFieldEvent {
    field: '$.device.features[]'
    index: number
    value: string
  }

  export interface PresenceDeviceLimitsNameFieldEvent {
    field: '$.device.limits[].name'
    value: string
    index: number
  }

  export interface PresenceDeviceLimitsValueFieldEvent {
    field: '$.device.limits[].value'
    value: number
    index: number
  }

  export interface PresenceMemoryTotalBytesFieldEvent {
    field: '$.memory.totalBytes'
    value: number
  }

  export interface PresenceMemoryFreeBytesFieldEvent {
    field: '$.memory.freeBytes'
    value: number
  }

  export interface PresenceMemorySourceFieldEvent {
    field: '$.memory.source'
    value: string
  }

  export interface PresenceMemoryLimitBytesFieldEvent {
    field: '$.memory.limitBytes'
    value: number
  }

  export interface PresenceMemoryUsedBytesFieldEvent {
    field: '$.memory.usedBytes'
    value: number
  }

  export interface PresenceMemoryMaxBufferSizeFieldEvent {
    field: '$.memory.maxBufferSize'
    value: number
  }

  export interface PresenceMemoryMaxStorageBufferBindingSizeFieldEvent {
    field: '$.memory.maxStorageBufferBindingSize'
    value: number
  }

  export interface PresenceSpeedFieldEvent {
    field: '$.speed'
    value: number
  }

  export interface PresenceSlotsFieldEvent {
    field: '$.slots'
    value: number
  }

  export interface PresenceActiveJobsFieldEvent {
    field: '$.activeJobs'
    value: number
  }

  export interface PresenceVisibleFieldEvent {
    field: '$.visible'
    value: boolean
  }

  export interface PresenceMayVoteFieldEvent {
    field: '$.mayVote'
    value: boolean
  }

  export interface PresenceAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export interface PresenceLeavingFieldEvent {
    field: '$.leaving'
    value: boolean
  }

  export interface PresenceEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface PresenceIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface PresenceStartedAtMsFieldEvent {
    field: '$.startedAtMs'
    value: number
  }

  export interface PresenceRevisionFieldEvent {
    field: '$.revision'
    value: number
  }

  export interface PresenceContestsFieldEvent {
    field: '$.contests'
    value: string
  }

  export function encode (obj: Partial<Presence>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Presence.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Presence {
    return decodeMessage(buf, Presence.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Generator<PresencePeerIdFieldEvent | PresenceKindFieldEvent | PresenceVersionFieldEvent | PresenceDeviceVendorFieldEvent | PresenceDeviceArchitectureFieldEvent | PresenceDeviceDescriptionFieldEvent | PresenceDeviceBackendFieldEvent | PresenceDeviceTypeFieldEvent | PresenceDeviceFeaturesFieldEvent | PresenceDeviceLimitsNameFieldEvent | PresenceDeviceLimitsValueFieldEvent | PresenceMemoryTotalBytesFieldEvent | PresenceMemoryFreeBytesFieldEvent | PresenceMemorySourceFieldEvent | PresenceMemoryLimitBytesFieldEvent | PresenceMemoryUsedBytesFieldEvent | PresenceMemoryMaxBufferSizeFieldEvent | PresenceMemoryMaxStorageBufferBindingSizeFieldEvent | PresenceSpeedFieldEvent | PresenceSlotsFieldEvent | PresenceActiveJobsFieldEvent | PresenceVisibleFieldEvent | PresenceMayVoteFieldEvent | PresenceAddressesFieldEvent | PresenceLeavingFieldEvent | PresenceEpochIdFieldEvent | PresenceIncarnationFieldEvent | PresenceStartedAtMsFieldEvent | PresenceRevisionFieldEvent | PresenceContestsFieldEvent> {
    return streamMessage(buf, Presence.codec(), opts)
  }
}

export interface WireBeat {
  peerId: Uint8Array<ArrayBuffer>
  incarnation: string
  revision: number
  visible: boolean
  ageMs: number
  hops: number
  activeJobs: number
  usedBytes: number
  freeBytes?: number
}

export namespace WireBeat {
  let _codec: Codec<WireBeat>

  export const codec = (): Codec<WireBeat> => {
    if (_codec == null) {
      _codec = message<WireBeat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peerId)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(18)
          w.string(obj.incarnation)
        }

        if ((obj.revision != null && obj.revision !== 0)) {
          w.uint32(24)
          w.uint32(obj.revision)
        }

        if ((obj.visible != null && obj.visible !== false)) {
          w.uint32(32)
          w.bool(obj.visible)
        }

        if ((obj.ageMs != null && obj.ageMs !== 0)) {
          w.uint32(40)
          w.uint32(obj.ageMs)
        }

        if ((obj.hops != null && obj.hops !== 0)) {
          w.uint32(48)
          w.uint32(obj.hops)
        }

        if ((obj.activeJobs != null && obj.activeJobs !== 0)) {
          w.uint32(56)
          w.uint32(obj.activeJobs)
        }

        if ((obj.usedBytes != null && obj.usedBytes !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.usedBytes)
        }

        if (obj.freeBytes != null) {
          w.uint32(72)
          w.uint64Number(obj.freeBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: uint8ArrayAlloc(0),
          incarnation: '',
          revision: 0,
          visible: false,
          ageMs: 0,
          hops: 0,
          activeJobs: 0,
          usedBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.bytes()
              break
            }
            case 2: {
              obj.incarnation = reader.string()
              break
            }
            case 3: {
              obj.revision = reader.uint32()
              break
            }
            case 4: {
              obj.visible = reader.bool()
              break
            }
            case 5: {
              obj.ageMs = reader.uint32()
              break
            }
            case 6: {
              obj.hops = reader.uint32()
              break
            }
            case 7: {
              obj.activeJobs = reader.uint32()
              break
            }
            case 8: {
              obj.usedBytes = reader.uint64Number()
              break
            }
            case 9: {
              obj.freeBytes = reader.uint64Number()
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
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.revision`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.visible`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.ageMs`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.hops`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.activeJobs`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.usedBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.freeBytes`,
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

  export interface WireBeatPeerIdFieldEvent {
    field: '$.peerId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireBeatIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface WireBeatRevisionFieldEvent {
    field: '$.revision'
    value: number
  }

  export interface WireBeatVisibleFieldEvent {
    field: '$.visible'
    value: boolean
  }

  export interface WireBeatAgeMsFieldEvent {
    field: '$.ageMs'
    value: number
  }

  export interface WireBeatHopsFieldEvent {
    field: '$.hops'
    value: number
  }

  export interface WireBeatActiveJobsFieldEvent {
    field: '$.activeJobs'
    value: number
  }

  export interface WireBeatUsedBytesFieldEvent {
    field: '$.usedBytes'
    value: number
  }

  export interface WireBeatFreeBytesFieldEvent {
    field: '$.freeBytes'
    value: number
  }

  export function encode (obj: Partial<WireBeat>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireBeat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireBeat>): WireBeat {
    return decodeMessage(buf, WireBeat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireBeat>): Generator<WireBeatPeerIdFieldEvent | WireBeatIncarnationFieldEvent | WireBeatRevisionFieldEvent | WireBeatVisibleFieldEvent | WireBeatAgeMsFieldEvent | WireBeatHopsFieldEvent | WireBeatActiveJobsFieldEvent | WireBeatUsedBytesFieldEvent | WireBeatFreeBytesFieldEvent> {
    return streamMessage(buf, WireBeat.codec(), opts)
  }
}

export interface WireMark {
  peerId: Uint8Array<ArrayBuffer>
  incarnation: string
  startedAtMs: number
  revision: number
}

export namespace WireMark {
  let _codec: Codec<WireMark>

  export const codec = (): Codec<WireMark> => {
    if (_codec == null) {
      _codec = message<WireMark>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peerId)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(18)
          w.string(obj.incarnation)
        }

        if ((obj.startedAtMs != null && obj.startedAtMs !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.startedAtMs)
        }

        if ((obj.revision != null && obj.revision !== 0)) {
          w.uint32(32)
          w.uint32(obj.revision)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: uint8ArrayAlloc(0),
          incarnation: '',
          startedAtMs: 0,
          revision: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.bytes()
              break
            }
            case 2: {
              obj.incarnation = reader.string()
              break
            }
            case 3: {
              obj.startedAtMs = reader.uint64Number()
              break
            }
            case 4: {
              obj.revision = reader.uint32()
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
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.startedAtMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.revision`,
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

  export interface WireMarkPeerIdFieldEvent {
    field: '$.peerId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMarkIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface WireMarkStartedAtMsFieldEvent {
    field: '$.startedAtMs'
    value: number
  }

  export interface WireMarkRevisionFieldEvent {
    field: '$.revision'
    value: number
  }

  export function encode (obj: Partial<WireMark>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireMark.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMark>): WireMark {
    return decodeMessage(buf, WireMark.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMark>): Generator<WireMarkPeerIdFieldEvent | WireMarkIncarnationFieldEvent | WireMarkStartedAtMsFieldEvent | WireMarkRevisionFieldEvent> {
    return streamMessage(buf, WireMark.codec(), opts)
  }
}

export interface WirePresenceFrame {
  kind: number
  beats: WireBeat[]
  leader: string
  distance: number
  peers: Uint8Array<ArrayBuffer>[]
  sums: Uint8Array<ArrayBuffer>
  buckets: number[]
  marks: WireMark[]
  records: Uint8Array<ArrayBuffer>[]
}

export namespace WirePresenceFrame {
  let _codec: Codec<WirePresenceFrame>

  export const codec = (): Codec<WirePresenceFrame> => {
    if (_codec == null) {
      _codec = message<WirePresenceFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(8)
          w.uint32(obj.kind)
        }

        if (obj.beats != null && obj.beats.length > 0) {
          for (const value of obj.beats) {
            w.uint32(18)
            WireBeat.codec().encode(value, w)
          }
        }

        if ((obj.leader != null && obj.leader !== '')) {
          w.uint32(26)
          w.string(obj.leader)
        }

        if ((obj.distance != null && obj.distance !== 0)) {
          w.uint32(32)
          w.uint32(obj.distance)
        }

        if (obj.peers != null && obj.peers.length > 0) {
          for (const value of obj.peers) {
            w.uint32(42)
            w.bytes(value)
          }
        }

        if ((obj.sums != null && obj.sums.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.sums)
        }

        if (obj.buckets != null && obj.buckets.length > 0) {
          for (const value of obj.buckets) {
            w.uint32(56)
            w.uint32(value)
          }
        }

        if (obj.marks != null && obj.marks.length > 0) {
          for (const value of obj.marks) {
            w.uint32(66)
            WireMark.codec().encode(value, w)
          }
        }

        if (obj.records != null && obj.records.length > 0) {
          for (const value of obj.records) {
            w.uint32(74)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: 0,
          beats: [],
          leader: '',
          distance: 0,
          peers: [],
          sums: uint8ArrayAlloc(0),
          buckets: [],
          marks: [],
          records: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = reader.uint32()
              break
            }
            case 2: {
              if (opts.limits?.beats != null && obj.beats.length === opts.limits.beats) {
                throw new MaxLengthError('Decode error - repeated field "beats" had too many elements')
              }

              if (obj.beats.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "beats" had too many elements')
              }

              obj.beats.push(WireBeat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.beats$
              }))
              break
            }
            case 3: {
              obj.leader = reader.string()
              break
            }
            case 4: {
              obj.distance = reader.uint32()
              break
            }
            case 5: {
              if (opts.limits?.peers != null && obj.peers.length === opts.limits.peers) {
                throw new MaxLengthError('Decode error - repeated field "peers" had too many elements')
              }

              if (obj.peers.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "peers" had too many elements')
              }

              obj.peers.push(reader.bytes())
              break
            }
            case 6: {
              obj.sums = reader.bytes()
              break
            }
            case 7: {
              if (opts.limits?.buckets != null && obj.buckets.length === opts.limits.buckets) {
                throw new MaxLengthError('Decode error - repeated field "buckets" had too many elements')
              }

              if (obj.buckets.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "buckets" had too many elements')
              }

              obj.buckets.push(reader.uint32())
              break
            }
            case 8: {
              if (opts.limits?.marks != null && obj.marks.length === opts.limits.marks) {
                throw new MaxLengthError('Decode error - repeated field "marks" had too many elements')
              }

              if (obj.marks.length === 2048) {
                throw new MaxLengthError('Decode error - repeated field "marks" had too many elements')
              }

              obj.marks.push(WireMark.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.marks$
              }))
              break
            }
            case 9: {
              if (opts.limits?.records != null && obj.records.length === opts.limits.records) {
                throw new MaxLengthError('Decode error - repeated field "records" had too many elements')
              }

              if (obj.records.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "records" had too many elements')
              }

              obj.records.push(reader.bytes())
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
          beats: 512,
          peers: 64,
          buckets: 64,
          marks: 2048,
          records: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              if (opts.limits?.beats != null && obj.beats === opts.limits.beats) {
                throw new MaxLengthError('Streaming decode error - repeated field "beats" had too many elements')
              }

              if (obj.beats === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "beats" had too many elements')
              }

              for (const evt of WireBeat.codec().stream(reader, reader.uint32(), `${prefix}.beats[]`, {
                limits: opts.limits?.beats$
              })) {
                yield {
                  ...evt,
                  index: obj.beats
                }
              }

              obj.beats++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.leader`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.distance`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              if (opts.limits?.peers != null && obj.peers === opts.limits.peers) {
                throw new MaxLengthError('Streaming decode error - repeated field "peers" had too many elements')
              }

              if (obj.peers === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "peers" had too many elements')
              }

              yield {
                field: `${prefix}.peers[]`,
                index: obj.peers,
                value: reader.bytes()
              }

              obj.peers++

              break
            }
            case 6: {
              yield {
                field: `${prefix}.sums`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              if (opts.limits?.buckets != null && obj.buckets === opts.limits.buckets) {
                throw new MaxLengthError('Streaming decode error - repeated field "buckets" had too many elements')
              }

              if (obj.buckets === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "buckets" had too many elements')
              }

              yield {
                field: `${prefix}.buckets[]`,
                index: obj.buckets,
                value: reader.uint32()
              }

              obj.buckets++

              break
            }
            case 8: {
              if (opts.limits?.marks != null && obj.marks === opts.limits.marks) {
                throw new MaxLengthError('Streaming decode error - repeated field "marks" had too many elements')
              }

              if (obj.marks === 2048) {
                throw new MaxLengthError('Streaming decode error - repeated field "marks" had too many elements')
              }

              for (const evt of WireMark.codec().stream(reader, reader.uint32(), `${prefix}.marks[]`, {
                limits: opts.limits?.marks$
              })) {
                yield {
                  ...evt,
                  index: obj.marks
                }
              }

              obj.marks++

              break
            }
            case 9: {
              if (opts.limits?.records != null && obj.records === opts.limits.records) {
                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements')
              }

              if (obj.records === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements')
              }

              yield {
                field: `${prefix}.records[]`,
                index: obj.records,
                value: reader.bytes()
              }

              obj.records++

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

  export interface WirePresenceFrameKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface WirePresenceFrameBeatsPeerIdFieldEvent {
    field: '$.beats[].peerId'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WirePresenceFrameBeatsIncarnationFieldEvent {
    field: '$.beats[].incarnation'
    value: string
    index: number
  }

  export interface WirePresenceFrameBeatsRevisionFieldEvent {
    field: '$.beats[].revision'
    value: number
    index: number
  }

  export interface WirePresenceFrameBeatsVisibleFieldEvent {
    field: '$.beats[].visible'
    value: boolean
    index: number
  }

  export interface WirePresenceFrameBeatsAgeMsFieldEvent {
    field: '$.beats[].ageMs'
    value: number
    index: number
  }

  export interface WirePresenceFrameBeatsHopsFieldEvent {
    field: '$.beats[].hops'
    value: number
    index: number
  }

  export interface WirePresenceFrameBeatsActiveJobsFieldEvent {
    field: '$.beats[].activeJobs'
    value: number
    index: number
  }

  export interface WirePresenceFrameBeatsUsedBytesFieldEvent {
    field: '$.beats[].usedBytes'
    value: number
    index: number
  }

  export interface WirePresenceFrameBeatsFreeBytesFieldEvent {
    field: '$.beats[].freeBytes'
    value: number
    index: number
  }

  export interface WirePresenceFrameLeaderFieldEvent {
    field: '$.leader'
    value: string
  }

  export interface WirePresenceFrameDistanceFieldEvent {
    field: '$.distance'
    value: number
  }

  export interface WirePresenceFramePeersFieldEvent {
    field: '$.peers[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WirePresenceFrameSumsFieldEvent {
    field: '$.sums'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WirePresenceFrameBucketsFieldEvent {
    field: '$.buckets[]'
    index: number
    value: number
  }

  export interface WirePresenceFrameMarksPeerIdFieldEvent {
    field: '$.marks[].peerId'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WirePresenceFrameMarksIncarnationFieldEvent {
    field: '$.marks[].incarnation'
    value: string
    index: number
  }

  export interface WirePresenceFrameMarksStartedAtMsFieldEvent {
    field: '$.marks[].startedAtMs'
    value: number
    index: number
  }

  export interface WirePresenceFrameMarksRevisionFieldEvent {
    field: '$.marks[].revision'
    value: number
    index: number
  }

  export interface WirePresenceFrameRecordsFieldEvent {
    field: '$.records[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WirePresenceFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WirePresenceFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePresenceFrame>): WirePresenceFrame {
    return decodeMessage(buf, WirePresenceFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePresenceFrame>): Generator<WirePresenceFrameKindFieldEvent | WirePresenceFrameBeatsPeerIdFieldEvent | WirePresenceFrameBeatsIncarnationFieldEvent | WirePresenceFrameBeatsRevisionFieldEvent | WirePresenceFrameBeatsVisibleFieldEvent | WirePresenceFrameBeatsAgeMsFieldEvent | WirePresenceFrameBeatsHopsFieldEvent | WirePresenceFrameBeatsActiveJobsFieldEvent | WirePresenceFrameBeatsUsedBytesFieldEvent | WirePresenceFrameBeatsFreeBytesFieldEvent | WirePresenceFrameLeaderFieldEvent | WirePresenceFrameDistanceFieldEvent | WirePresenceFramePeersFieldEvent | WirePresenceFrameSumsFieldEvent | WirePresenceFrameBucketsFieldEvent | WirePresenceFrameMarksPeerIdFieldEvent | WirePresenceFrameMarksIncarnationFieldEvent | WirePresenceFrameMarksStartedAtMsFieldEvent | WirePresenceFrameMarksRevisionFieldEvent | WirePresenceFrameRecordsFieldEvent> {
    return streamMessage(buf, WirePresenceFrame.codec(), opts)
  }
}

export interface WireDigestEntry {
  mark?: WireMark
  state: number
}

export namespace WireDigestEntry {
  let _codec: Codec<WireDigestEntry>

  export const codec = (): Codec<WireDigestEntry> => {
    if (_codec == null) {
      _codec = message<WireDigestEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.mark != null) {
          w.uint32(10)
          WireMark.codec().encode(obj.mark, w)
        }

        if ((obj.state != null && obj.state !== 0)) {
          w.uint32(16)
          w.uint32(obj.state)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          state: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mark = WireMark.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.mark
              })
              break
            }
            case 2: {
              obj.state = reader.uint32()
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
              yield * WireMark.codec().stream(reader, reader.uint32(), `${prefix}.mark`, {
                limits: opts.limits?.mark
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.state`,
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

  export interface WireDigestEntryMarkPeerIdFieldEvent {
    field: '$.mark.peerId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireDigestEntryMarkIncarnationFieldEvent {
    field: '$.mark.incarnation'
    value: string
  }

  export interface WireDigestEntryMarkStartedAtMsFieldEvent {
    field: '$.mark.startedAtMs'
    value: number
  }

  export interface WireDigestEntryMarkRevisionFieldEvent {
    field: '$.mark.revision'
    value: number
  }

  export interface WireDigestEntryStateFieldEvent {
    field: '$.state'
    value: number
  }

  export function encode (obj: Partial<WireDigestEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireDigestEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDigestEntry>): WireDigestEntry {
    return decodeMessage(buf, WireDigestEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDigestEntry>): Generator<WireDigestEntryMarkPeerIdFieldEvent | WireDigestEntryMarkIncarnationFieldEvent | WireDigestEntryMarkStartedAtMsFieldEvent | WireDigestEntryMarkRevisionFieldEvent | WireDigestEntryStateFieldEvent> {
    return streamMessage(buf, WireDigestEntry.codec(), opts)
  }
}

export interface WireDigest {
  epoch: number
  epochId: string
  term: number
  sequence: number
  entries: WireDigestEntry[]
  count: number
  sum: number
}

export namespace WireDigest {
  let _codec: Codec<WireDigest>

  export const codec = (): Codec<WireDigest> => {
    if (_codec == null) {
      _codec = message<WireDigest>((obj, w, opts = {}) => {
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

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(32)
          w.uint32(obj.sequence)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(42)
            WireDigestEntry.codec().encode(value, w)
          }
        }

        if ((obj.count != null && obj.count !== 0)) {
          w.uint32(48)
          w.uint32(obj.count)
        }

        if ((obj.sum != null && obj.sum !== 0)) {
          w.uint32(61)
          w.fixed32(obj.sum)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          epochId: '',
          term: 0,
          sequence: 0,
          entries: [],
          count: 0,
          sum: 0
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
            case 4: {
              obj.sequence = reader.uint32()
              break
            }
            case 5: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              if (obj.entries.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(WireDigestEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 6: {
              obj.count = reader.uint32()
              break
            }
            case 7: {
              obj.sum = reader.fixed32()
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
          entries: 512
        }

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
            case 4: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              if (obj.entries === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of WireDigestEntry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

              break
            }
            case 6: {
              yield {
                field: `${prefix}.count`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.sum`,
                value: reader.fixed32()
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

  export interface WireDigestEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface WireDigestEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireDigestTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface WireDigestSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireDigestEntriesMarkPeerIdFieldEvent {
    field: '$.entries[].mark.peerId'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireDigestEntriesMarkIncarnationFieldEvent {
    field: '$.entries[].mark.incarnation'
    value: string
    index: number
  }

  export interface WireDigestEntriesMarkStartedAtMsFieldEvent {
    field: '$.entries[].mark.startedAtMs'
    value: number
    index: number
  }

  export interface WireDigestEntriesMarkRevisionFieldEvent {
    field: '$.entries[].mark.revision'
    value: number
    index: number
  }

  export interface WireDigestEntriesStateFieldEvent {
    field: '$.entries[].state'
    value: number
    index: number
  }

  export interface WireDigestCountFieldEvent {
    field: '$.count'
    value: number
  }

  export interface WireDigestSumFieldEvent {
    field: '$.sum'
    value: number
  }

  export function encode (obj: Partial<WireDigest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireDigest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDigest>): WireDigest {
    return decodeMessage(buf, WireDigest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDigest>): Generator<WireDigestEpochFieldEvent | WireDigestEpochIdFieldEvent | WireDigestTermFieldEvent | WireDigestSequenceFieldEvent | WireDigestEntriesMarkPeerIdFieldEvent | WireDigestEntriesMarkIncarnationFieldEvent | WireDigestEntriesMarkStartedAtMsFieldEvent | WireDigestEntriesMarkRevisionFieldEvent | WireDigestEntriesStateFieldEvent | WireDigestCountFieldEvent | WireDigestSumFieldEvent> {
    return streamMessage(buf, WireDigest.codec(), opts)
  }
}
