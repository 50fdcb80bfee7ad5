import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
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
          epochId: ''
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

  export function encode (obj: Partial<Presence>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Presence.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Presence {
    return decodeMessage(buf, Presence.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Generator<PresencePeerIdFieldEvent | PresenceKindFieldEvent | PresenceVersionFieldEvent | PresenceDeviceVendorFieldEvent | PresenceDeviceArchitectureFieldEvent | PresenceDeviceDescriptionFieldEvent | PresenceDeviceBackendFieldEvent | PresenceDeviceTypeFieldEvent | PresenceDeviceFeaturesFieldEvent | PresenceDeviceLimitsNameFieldEvent | PresenceDeviceLimitsValueFieldEvent | PresenceMemoryTotalBytesFieldEvent | PresenceMemoryFreeBytesFieldEvent | PresenceMemorySourceFieldEvent | PresenceMemoryLimitBytesFieldEvent | PresenceMemoryUsedBytesFieldEvent | PresenceMemoryMaxBufferSizeFieldEvent | PresenceMemoryMaxStorageBufferBindingSizeFieldEvent | PresenceSpeedFieldEvent | PresenceSlotsFieldEvent | PresenceActiveJobsFieldEvent | PresenceVisibleFieldEvent | PresenceMayVoteFieldEvent | PresenceAddressesFieldEvent | PresenceLeavingFieldEvent | PresenceEpochIdFieldEvent> {
    return streamMessage(buf, Presence.codec(), opts)
  }
}
