import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface WireEpoch {
  number: number
  id: string
  parent: string
}

export namespace WireEpoch {
  let _codec: Codec<WireEpoch>

  export const codec = (): Codec<WireEpoch> => {
    if (_codec == null) {
      _codec = message<WireEpoch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(8)
          w.uint32(obj.number)
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(18)
          w.string(obj.id)
        }

        if ((obj.parent != null && obj.parent !== '')) {
          w.uint32(26)
          w.string(obj.parent)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          number: 0,
          id: '',
          parent: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.number = reader.uint32()
              break
            }
            case 2: {
              obj.id = reader.string()
              break
            }
            case 3: {
              obj.parent = reader.string()
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
                field: `${prefix}.number`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.id`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.parent`,
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

  export interface WireEpochNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface WireEpochIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface WireEpochParentFieldEvent {
    field: '$.parent'
    value: string
  }

  export function encode (obj: Partial<WireEpoch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireEpoch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEpoch>): WireEpoch {
    return decodeMessage(buf, WireEpoch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEpoch>): Generator<WireEpochNumberFieldEvent | WireEpochIdFieldEvent | WireEpochParentFieldEvent> {
    return streamMessage(buf, WireEpoch.codec(), opts)
  }
}

export interface WireEntry {
  index: number
  term: number
  kind: number
  voters: string[]
  command: Uint8Array<ArrayBuffer>
  epochId: string
  consent?: WireConsent
}

export namespace WireEntry {
  let _codec: Codec<WireEntry>

  export const codec = (): Codec<WireEntry> => {
    if (_codec == null) {
      _codec = message<WireEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(24)
          w.uint32(obj.kind)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(34)
            w.string(value)
          }
        }

        if ((obj.command != null && obj.command.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.command)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(50)
          w.string(obj.epochId)
        }

        if (obj.consent != null) {
          w.uint32(58)
          WireConsent.codec().encode(obj.consent, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          term: 0,
          kind: 0,
          voters: [],
          command: uint8ArrayAlloc(0),
          epochId: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint64Number()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.kind = reader.uint32()
              break
            }
            case 4: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 5: {
              obj.command = reader.bytes()
              break
            }
            case 6: {
              obj.epochId = reader.string()
              break
            }
            case 7: {
              obj.consent = WireConsent.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.consent
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
          voters: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.command`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.epochId`,
                value: reader.string()
              }
              break
            }
            case 7: {
              yield * WireConsent.codec().stream(reader, reader.uint32(), `${prefix}.consent`, {
                limits: opts.limits?.consent
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

  export interface WireEntryIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface WireEntryTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface WireEntryKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface WireEntryVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireEntryCommandFieldEvent {
    field: '$.command'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireEntryEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireEntryConsentReplacesFieldEvent {
    field: '$.consent.replaces'
    value: number
  }

  export interface WireEntryConsentVotersFieldEvent {
    field: '$.consent.voters[]'
    index: number
    value: string
  }

  export interface WireEntryConsentVotesVoterFieldEvent {
    field: '$.consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireEntryConsentVotesSignatureFieldEvent {
    field: '$.consent.votes[].signature'
    value: string
    index: number
  }

  export function encode (obj: Partial<WireEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEntry>): WireEntry {
    return decodeMessage(buf, WireEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEntry>): Generator<WireEntryIndexFieldEvent | WireEntryTermFieldEvent | WireEntryKindFieldEvent | WireEntryVotersFieldEvent | WireEntryCommandFieldEvent | WireEntryEpochIdFieldEvent | WireEntryConsentReplacesFieldEvent | WireEntryConsentVotersFieldEvent | WireEntryConsentVotesVoterFieldEvent | WireEntryConsentVotesSignatureFieldEvent> {
    return streamMessage(buf, WireEntry.codec(), opts)
  }
}

export interface WireConsentVote {
  voter: string
  signature: string
}

export namespace WireConsentVote {
  let _codec: Codec<WireConsentVote>

  export const codec = (): Codec<WireConsentVote> => {
    if (_codec == null) {
      _codec = message<WireConsentVote>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.voter != null && obj.voter !== '')) {
          w.uint32(10)
          w.string(obj.voter)
        }

        if ((obj.signature != null && obj.signature !== '')) {
          w.uint32(18)
          w.string(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          voter: '',
          signature: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.voter = reader.string()
              break
            }
            case 2: {
              obj.signature = reader.string()
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
                field: `${prefix}.voter`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
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

  export interface WireConsentVoteVoterFieldEvent {
    field: '$.voter'
    value: string
  }

  export interface WireConsentVoteSignatureFieldEvent {
    field: '$.signature'
    value: string
  }

  export function encode (obj: Partial<WireConsentVote>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireConsentVote.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireConsentVote>): WireConsentVote {
    return decodeMessage(buf, WireConsentVote.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireConsentVote>): Generator<WireConsentVoteVoterFieldEvent | WireConsentVoteSignatureFieldEvent> {
    return streamMessage(buf, WireConsentVote.codec(), opts)
  }
}

export interface WireConsent {
  replaces: number
  voters: string[]
  votes: WireConsentVote[]
}

export namespace WireConsent {
  let _codec: Codec<WireConsent>

  export const codec = (): Codec<WireConsent> => {
    if (_codec == null) {
      _codec = message<WireConsent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.replaces != null && obj.replaces !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.replaces)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.votes != null && obj.votes.length > 0) {
          for (const value of obj.votes) {
            w.uint32(26)
            WireConsentVote.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          replaces: 0,
          voters: [],
          votes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.replaces = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.votes != null && obj.votes.length === opts.limits.votes) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              obj.votes.push(WireConsentVote.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.votes$
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
          voters: 16,
          votes: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.replaces`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 3: {
              if (opts.limits?.votes != null && obj.votes === opts.limits.votes) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              for (const evt of WireConsentVote.codec().stream(reader, reader.uint32(), `${prefix}.votes[]`, {
                limits: opts.limits?.votes$
              })) {
                yield {
                  ...evt,
                  index: obj.votes
                }
              }

              obj.votes++

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

  export interface WireConsentReplacesFieldEvent {
    field: '$.replaces'
    value: number
  }

  export interface WireConsentVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireConsentVotesVoterFieldEvent {
    field: '$.votes[].voter'
    value: string
    index: number
  }

  export interface WireConsentVotesSignatureFieldEvent {
    field: '$.votes[].signature'
    value: string
    index: number
  }

  export function encode (obj: Partial<WireConsent>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireConsent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireConsent>): WireConsent {
    return decodeMessage(buf, WireConsent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireConsent>): Generator<WireConsentReplacesFieldEvent | WireConsentVotersFieldEvent | WireConsentVotesVoterFieldEvent | WireConsentVotesSignatureFieldEvent> {
    return streamMessage(buf, WireConsent.codec(), opts)
  }
}

export interface WireStep {
  index: number
  voters: string[]
  consent?: WireConsent
}

export namespace WireStep {
  let _codec: Codec<WireStep>

  export const codec = (): Codec<WireStep> => {
    if (_codec == null) {
      _codec = message<WireStep>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.consent != null) {
          w.uint32(26)
          WireConsent.codec().encode(obj.consent, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          voters: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 3: {
              obj.consent = WireConsent.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.consent
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
          voters: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 3: {
              yield * WireConsent.codec().stream(reader, reader.uint32(), `${prefix}.consent`, {
                limits: opts.limits?.consent
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

  export interface WireStepIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface WireStepVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireStepConsentReplacesFieldEvent {
    field: '$.consent.replaces'
    value: number
  }

  export interface WireStepConsentVotersFieldEvent {
    field: '$.consent.voters[]'
    index: number
    value: string
  }

  export interface WireStepConsentVotesVoterFieldEvent {
    field: '$.consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireStepConsentVotesSignatureFieldEvent {
    field: '$.consent.votes[].signature'
    value: string
    index: number
  }

  export function encode (obj: Partial<WireStep>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireStep.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStep>): WireStep {
    return decodeMessage(buf, WireStep.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStep>): Generator<WireStepIndexFieldEvent | WireStepVotersFieldEvent | WireStepConsentReplacesFieldEvent | WireStepConsentVotersFieldEvent | WireStepConsentVotesVoterFieldEvent | WireStepConsentVotesSignatureFieldEvent> {
    return streamMessage(buf, WireStep.codec(), opts)
  }
}

export interface WireSnapshotConfig {
  index: number
  epochId: string
  voters: string[]
  steps: WireStep[]
}

export namespace WireSnapshotConfig {
  let _codec: Codec<WireSnapshotConfig>

  export const codec = (): Codec<WireSnapshotConfig> => {
    if (_codec == null) {
      _codec = message<WireSnapshotConfig>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(18)
          w.string(obj.epochId)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(26)
            w.string(value)
          }
        }

        if (obj.steps != null && obj.steps.length > 0) {
          for (const value of obj.steps) {
            w.uint32(34)
            WireStep.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          epochId: '',
          voters: [],
          steps: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint64Number()
              break
            }
            case 2: {
              obj.epochId = reader.string()
              break
            }
            case 3: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 4: {
              if (opts.limits?.steps != null && obj.steps.length === opts.limits.steps) {
                throw new MaxLengthError('Decode error - repeated field "steps" had too many elements')
              }

              if (obj.steps.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "steps" had too many elements')
              }

              obj.steps.push(WireStep.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.steps$
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
          voters: 16,
          steps: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
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
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 4: {
              if (opts.limits?.steps != null && obj.steps === opts.limits.steps) {
                throw new MaxLengthError('Streaming decode error - repeated field "steps" had too many elements')
              }

              if (obj.steps === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "steps" had too many elements')
              }

              for (const evt of WireStep.codec().stream(reader, reader.uint32(), `${prefix}.steps[]`, {
                limits: opts.limits?.steps$
              })) {
                yield {
                  ...evt,
                  index: obj.steps
                }
              }

              obj.steps++

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

  export interface WireSnapshotConfigIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface WireSnapshotConfigEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireSnapshotConfigVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsIndexFieldEvent {
    field: '$.steps[].index'
    value: number
    index: number
  }

  export interface WireSnapshotConfigStepsVotersFieldEvent {
    field: '$.steps[].voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsConsentReplacesFieldEvent {
    field: '$.steps[].consent.replaces'
    value: number
    index: number
  }

  export interface WireSnapshotConfigStepsConsentVotersFieldEvent {
    field: '$.steps[].consent.voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsConsentVotesVoterFieldEvent {
    field: '$.steps[].consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireSnapshotConfigStepsConsentVotesSignatureFieldEvent {
    field: '$.steps[].consent.votes[].signature'
    value: string
    index: number
  }

  export function encode (obj: Partial<WireSnapshotConfig>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireSnapshotConfig.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSnapshotConfig>): WireSnapshotConfig {
    return decodeMessage(buf, WireSnapshotConfig.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSnapshotConfig>): Generator<WireSnapshotConfigIndexFieldEvent | WireSnapshotConfigEpochIdFieldEvent | WireSnapshotConfigVotersFieldEvent | WireSnapshotConfigStepsIndexFieldEvent | WireSnapshotConfigStepsVotersFieldEvent | WireSnapshotConfigStepsConsentReplacesFieldEvent | WireSnapshotConfigStepsConsentVotersFieldEvent | WireSnapshotConfigStepsConsentVotesVoterFieldEvent | WireSnapshotConfigStepsConsentVotesSignatureFieldEvent> {
    return streamMessage(buf, WireSnapshotConfig.codec(), opts)
  }
}

export interface WireSnapshot {
  config?: WireSnapshotConfig
  totalBytes: number
  offset: number
  data: Uint8Array<ArrayBuffer>
  hash: string
}

export namespace WireSnapshot {
  let _codec: Codec<WireSnapshot>

  export const codec = (): Codec<WireSnapshot> => {
    if (_codec == null) {
      _codec = message<WireSnapshot>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          WireSnapshotConfig.codec().encode(obj.config, w)
        }

        if ((obj.totalBytes != null && obj.totalBytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.totalBytes)
        }

        if ((obj.offset != null && obj.offset !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.offset)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.data)
        }

        if ((obj.hash != null && obj.hash !== '')) {
          w.uint32(42)
          w.string(obj.hash)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          totalBytes: 0,
          offset: 0,
          data: uint8ArrayAlloc(0),
          hash: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.config = WireSnapshotConfig.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 2: {
              obj.totalBytes = reader.uint64Number()
              break
            }
            case 3: {
              obj.offset = reader.uint64Number()
              break
            }
            case 4: {
              obj.data = reader.bytes()
              break
            }
            case 5: {
              obj.hash = reader.string()
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
              yield * WireSnapshotConfig.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.totalBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.offset`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.data`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.hash`,
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

  export interface WireSnapshotConfigIndexFieldEvent {
    field: '$.config.index'
    value: number
  }

  export interface WireSnapshotConfigEpochIdFieldEvent {
    field: '$.config.epochId'
    value: string
  }

  export interface WireSnapshotConfigVotersFieldEvent {
    field: '$.config.voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsIndexFieldEvent {
    field: '$.config.steps[].index'
    value: number
    index: number
  }

  export interface WireSnapshotConfigStepsVotersFieldEvent {
    field: '$.config.steps[].voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsConsentReplacesFieldEvent {
    field: '$.config.steps[].consent.replaces'
    value: number
    index: number
  }

  export interface WireSnapshotConfigStepsConsentVotersFieldEvent {
    field: '$.config.steps[].consent.voters[]'
    index: number
    value: string
  }

  export interface WireSnapshotConfigStepsConsentVotesVoterFieldEvent {
    field: '$.config.steps[].consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireSnapshotConfigStepsConsentVotesSignatureFieldEvent {
    field: '$.config.steps[].consent.votes[].signature'
    value: string
    index: number
  }

  export interface WireSnapshotTotalBytesFieldEvent {
    field: '$.totalBytes'
    value: number
  }

  export interface WireSnapshotOffsetFieldEvent {
    field: '$.offset'
    value: number
  }

  export interface WireSnapshotDataFieldEvent {
    field: '$.data'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireSnapshotHashFieldEvent {
    field: '$.hash'
    value: string
  }

  export function encode (obj: Partial<WireSnapshot>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireSnapshot.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSnapshot>): WireSnapshot {
    return decodeMessage(buf, WireSnapshot.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSnapshot>): Generator<WireSnapshotConfigIndexFieldEvent | WireSnapshotConfigEpochIdFieldEvent | WireSnapshotConfigVotersFieldEvent | WireSnapshotConfigStepsIndexFieldEvent | WireSnapshotConfigStepsVotersFieldEvent | WireSnapshotConfigStepsConsentReplacesFieldEvent | WireSnapshotConfigStepsConsentVotersFieldEvent | WireSnapshotConfigStepsConsentVotesVoterFieldEvent | WireSnapshotConfigStepsConsentVotesSignatureFieldEvent | WireSnapshotTotalBytesFieldEvent | WireSnapshotOffsetFieldEvent | WireSnapshotDataFieldEvent | WireSnapshotHashFieldEvent> {
    return streamMessage(buf, WireSnapshot.codec(), opts)
  }
}

export interface WireCertificate {
  kind: number
  epochId: string
  index: number
  hash: string
  voters: string[]
  votes: WireVote[]
}

export namespace WireCertificate {
  let _codec: Codec<WireCertificate>

  export const codec = (): Codec<WireCertificate> => {
    if (_codec == null) {
      _codec = message<WireCertificate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(8)
          w.uint32(obj.kind)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(18)
          w.string(obj.epochId)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.index)
        }

        if ((obj.hash != null && obj.hash !== '')) {
          w.uint32(34)
          w.string(obj.hash)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(42)
            w.string(value)
          }
        }

        if (obj.votes != null && obj.votes.length > 0) {
          for (const value of obj.votes) {
            w.uint32(50)
            WireVote.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: 0,
          epochId: '',
          index: 0,
          hash: '',
          voters: [],
          votes: []
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
              obj.epochId = reader.string()
              break
            }
            case 3: {
              obj.index = reader.uint64Number()
              break
            }
            case 4: {
              obj.hash = reader.string()
              break
            }
            case 5: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 6: {
              if (opts.limits?.votes != null && obj.votes.length === opts.limits.votes) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              obj.votes.push(WireVote.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.votes$
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
          voters: 16,
          votes: 16
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
              yield {
                field: `${prefix}.epochId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.hash`,
                value: reader.string()
              }
              break
            }
            case 5: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 6: {
              if (opts.limits?.votes != null && obj.votes === opts.limits.votes) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              for (const evt of WireVote.codec().stream(reader, reader.uint32(), `${prefix}.votes[]`, {
                limits: opts.limits?.votes$
              })) {
                yield {
                  ...evt,
                  index: obj.votes
                }
              }

              obj.votes++

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

  export interface WireCertificateKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface WireCertificateEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireCertificateIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface WireCertificateHashFieldEvent {
    field: '$.hash'
    value: string
  }

  export interface WireCertificateVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireCertificateVotesVoterFieldEvent {
    field: '$.votes[].voter'
    value: string
    index: number
  }

  export interface WireCertificateVotesSignatureFieldEvent {
    field: '$.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<WireCertificate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireCertificate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCertificate>): WireCertificate {
    return decodeMessage(buf, WireCertificate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCertificate>): Generator<WireCertificateKindFieldEvent | WireCertificateEpochIdFieldEvent | WireCertificateIndexFieldEvent | WireCertificateHashFieldEvent | WireCertificateVotersFieldEvent | WireCertificateVotesVoterFieldEvent | WireCertificateVotesSignatureFieldEvent> {
    return streamMessage(buf, WireCertificate.codec(), opts)
  }
}

export interface WireAnnouncement {
  commit?: WireCertificate
  snapshot?: WireCertificate
  ageMs: number
}

export namespace WireAnnouncement {
  let _codec: Codec<WireAnnouncement>

  export const codec = (): Codec<WireAnnouncement> => {
    if (_codec == null) {
      _codec = message<WireAnnouncement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.commit != null) {
          w.uint32(10)
          WireCertificate.codec().encode(obj.commit, w)
        }

        if (obj.snapshot != null) {
          w.uint32(18)
          WireCertificate.codec().encode(obj.snapshot, w)
        }

        if ((obj.ageMs != null && obj.ageMs !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.ageMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ageMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.commit = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.commit
              })
              break
            }
            case 2: {
              obj.snapshot = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.snapshot
              })
              break
            }
            case 3: {
              obj.ageMs = reader.uint64Number()
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
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.commit`, {
                limits: opts.limits?.commit
              })

              break
            }
            case 2: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.snapshot`, {
                limits: opts.limits?.snapshot
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.ageMs`,
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

  export interface WireAnnouncementCommitKindFieldEvent {
    field: '$.commit.kind'
    value: number
  }

  export interface WireAnnouncementCommitEpochIdFieldEvent {
    field: '$.commit.epochId'
    value: string
  }

  export interface WireAnnouncementCommitIndexFieldEvent {
    field: '$.commit.index'
    value: number
  }

  export interface WireAnnouncementCommitHashFieldEvent {
    field: '$.commit.hash'
    value: string
  }

  export interface WireAnnouncementCommitVotersFieldEvent {
    field: '$.commit.voters[]'
    index: number
    value: string
  }

  export interface WireAnnouncementCommitVotesVoterFieldEvent {
    field: '$.commit.votes[].voter'
    value: string
    index: number
  }

  export interface WireAnnouncementCommitVotesSignatureFieldEvent {
    field: '$.commit.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireAnnouncementSnapshotKindFieldEvent {
    field: '$.snapshot.kind'
    value: number
  }

  export interface WireAnnouncementSnapshotEpochIdFieldEvent {
    field: '$.snapshot.epochId'
    value: string
  }

  export interface WireAnnouncementSnapshotIndexFieldEvent {
    field: '$.snapshot.index'
    value: number
  }

  export interface WireAnnouncementSnapshotHashFieldEvent {
    field: '$.snapshot.hash'
    value: string
  }

  export interface WireAnnouncementSnapshotVotersFieldEvent {
    field: '$.snapshot.voters[]'
    index: number
    value: string
  }

  export interface WireAnnouncementSnapshotVotesVoterFieldEvent {
    field: '$.snapshot.votes[].voter'
    value: string
    index: number
  }

  export interface WireAnnouncementSnapshotVotesSignatureFieldEvent {
    field: '$.snapshot.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireAnnouncementAgeMsFieldEvent {
    field: '$.ageMs'
    value: number
  }

  export function encode (obj: Partial<WireAnnouncement>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireAnnouncement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireAnnouncement>): WireAnnouncement {
    return decodeMessage(buf, WireAnnouncement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireAnnouncement>): Generator<WireAnnouncementCommitKindFieldEvent | WireAnnouncementCommitEpochIdFieldEvent | WireAnnouncementCommitIndexFieldEvent | WireAnnouncementCommitHashFieldEvent | WireAnnouncementCommitVotersFieldEvent | WireAnnouncementCommitVotesVoterFieldEvent | WireAnnouncementCommitVotesSignatureFieldEvent | WireAnnouncementSnapshotKindFieldEvent | WireAnnouncementSnapshotEpochIdFieldEvent | WireAnnouncementSnapshotIndexFieldEvent | WireAnnouncementSnapshotHashFieldEvent | WireAnnouncementSnapshotVotersFieldEvent | WireAnnouncementSnapshotVotesVoterFieldEvent | WireAnnouncementSnapshotVotesSignatureFieldEvent | WireAnnouncementAgeMsFieldEvent> {
    return streamMessage(buf, WireAnnouncement.codec(), opts)
  }
}

export interface WireRaft {
  type: number
  epochId: string
  term: number
  index: number
  logTerm: number
  flag: boolean
  signature: Uint8Array<ArrayBuffer>
  entries: WireEntry[]
  commit: number
  claim?: WireClaim
  snapshot?: WireSnapshot
  certificate?: WireCertificate
  steps: WireStep[]
}

export namespace WireRaft {
  let _codec: Codec<WireRaft>

  export const codec = (): Codec<WireRaft> => {
    if (_codec == null) {
      _codec = message<WireRaft>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.type != null && obj.type !== 0)) {
          w.uint32(8)
          w.uint32(obj.type)
        }

        if ((obj.epochId != null && obj.epochId !== '')) {
          w.uint32(18)
          w.string(obj.epochId)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.term)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.index)
        }

        if ((obj.logTerm != null && obj.logTerm !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.logTerm)
        }

        if ((obj.flag != null && obj.flag !== false)) {
          w.uint32(48)
          w.bool(obj.flag)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.signature)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(66)
            WireEntry.codec().encode(value, w)
          }
        }

        if ((obj.commit != null && obj.commit !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.commit)
        }

        if (obj.claim != null) {
          w.uint32(82)
          WireClaim.codec().encode(obj.claim, w)
        }

        if (obj.snapshot != null) {
          w.uint32(90)
          WireSnapshot.codec().encode(obj.snapshot, w)
        }

        if (obj.certificate != null) {
          w.uint32(98)
          WireCertificate.codec().encode(obj.certificate, w)
        }

        if (obj.steps != null && obj.steps.length > 0) {
          for (const value of obj.steps) {
            w.uint32(106)
            WireStep.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          type: 0,
          epochId: '',
          term: 0,
          index: 0,
          logTerm: 0,
          flag: false,
          signature: uint8ArrayAlloc(0),
          entries: [],
          commit: 0,
          steps: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.type = reader.uint32()
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
              obj.index = reader.uint64Number()
              break
            }
            case 5: {
              obj.logTerm = reader.uint64Number()
              break
            }
            case 6: {
              obj.flag = reader.bool()
              break
            }
            case 7: {
              obj.signature = reader.bytes()
              break
            }
            case 8: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              if (obj.entries.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(WireEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 9: {
              obj.commit = reader.uint64Number()
              break
            }
            case 10: {
              obj.claim = WireClaim.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.claim
              })
              break
            }
            case 11: {
              obj.snapshot = WireSnapshot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.snapshot
              })
              break
            }
            case 12: {
              obj.certificate = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.certificate
              })
              break
            }
            case 13: {
              if (opts.limits?.steps != null && obj.steps.length === opts.limits.steps) {
                throw new MaxLengthError('Decode error - repeated field "steps" had too many elements')
              }

              if (obj.steps.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "steps" had too many elements')
              }

              obj.steps.push(WireStep.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.steps$
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
          entries: 128,
          steps: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.type`,
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
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.logTerm`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.flag`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              if (obj.entries === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of WireEntry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
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
            case 9: {
              yield {
                field: `${prefix}.commit`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              yield * WireClaim.codec().stream(reader, reader.uint32(), `${prefix}.claim`, {
                limits: opts.limits?.claim
              })

              break
            }
            case 11: {
              yield * WireSnapshot.codec().stream(reader, reader.uint32(), `${prefix}.snapshot`, {
                limits: opts.limits?.snapshot
              })

              break
            }
            case 12: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.certificate`, {
                limits: opts.limits?.certificate
              })

              break
            }
            case 13: {
              if (opts.limits?.steps != null && obj.steps === opts.limits.steps) {
                throw new MaxLengthError('Streaming decode error - repeated field "steps" had too many elements')
              }

              if (obj.steps === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "steps" had too many elements')
              }

              for (const evt of WireStep.codec().stream(reader, reader.uint32(), `${prefix}.steps[]`, {
                limits: opts.limits?.steps$
              })) {
                yield {
                  ...evt,
                  index: obj.steps
                }
              }

              obj.steps++

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

  export interface WireRaftTypeFieldEvent {
    field: '$.type'
    value: number
  }

  export interface WireRaftEpochIdFieldEvent {
    field: '$.epochId'
    value: string
  }

  export interface WireRaftTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface WireRaftIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface WireRaftLogTermFieldEvent {
    field: '$.logTerm'
    value: number
  }

  export interface WireRaftFlagFieldEvent {
    field: '$.flag'
    value: boolean
  }

  export interface WireRaftSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireRaftEntriesIndexFieldEvent {
    field: '$.entries[].index'
    value: number
    index: number
  }

  export interface WireRaftEntriesTermFieldEvent {
    field: '$.entries[].term'
    value: number
    index: number
  }

  export interface WireRaftEntriesKindFieldEvent {
    field: '$.entries[].kind'
    value: number
    index: number
  }

  export interface WireRaftEntriesVotersFieldEvent {
    field: '$.entries[].voters[]'
    index: number
    value: string
  }

  export interface WireRaftEntriesCommandFieldEvent {
    field: '$.entries[].command'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireRaftEntriesEpochIdFieldEvent {
    field: '$.entries[].epochId'
    value: string
    index: number
  }

  export interface WireRaftEntriesConsentReplacesFieldEvent {
    field: '$.entries[].consent.replaces'
    value: number
    index: number
  }

  export interface WireRaftEntriesConsentVotersFieldEvent {
    field: '$.entries[].consent.voters[]'
    index: number
    value: string
  }

  export interface WireRaftEntriesConsentVotesVoterFieldEvent {
    field: '$.entries[].consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireRaftEntriesConsentVotesSignatureFieldEvent {
    field: '$.entries[].consent.votes[].signature'
    value: string
    index: number
  }

  export interface WireRaftCommitFieldEvent {
    field: '$.commit'
    value: number
  }

  export interface WireRaftClaimEpochNumberFieldEvent {
    field: '$.claim.epoch.number'
    value: number
  }

  export interface WireRaftClaimEpochIdFieldEvent {
    field: '$.claim.epoch.id'
    value: string
  }

  export interface WireRaftClaimEpochParentFieldEvent {
    field: '$.claim.epoch.parent'
    value: string
  }

  export interface WireRaftClaimTermFieldEvent {
    field: '$.claim.term'
    value: number
  }

  export interface WireRaftClaimLeaderFieldEvent {
    field: '$.claim.leader'
    value: string
  }

  export interface WireRaftClaimVotersFieldEvent {
    field: '$.claim.voters[]'
    index: number
    value: string
  }

  export interface WireRaftClaimVotesVoterFieldEvent {
    field: '$.claim.votes[].voter'
    value: string
    index: number
  }

  export interface WireRaftClaimVotesSignatureFieldEvent {
    field: '$.claim.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireRaftSnapshotConfigIndexFieldEvent {
    field: '$.snapshot.config.index'
    value: number
  }

  export interface WireRaftSnapshotConfigEpochIdFieldEvent {
    field: '$.snapshot.config.epochId'
    value: string
  }

  export interface WireRaftSnapshotConfigVotersFieldEvent {
    field: '$.snapshot.config.voters[]'
    index: number
    value: string
  }

  export interface WireRaftSnapshotConfigStepsIndexFieldEvent {
    field: '$.snapshot.config.steps[].index'
    value: number
    index: number
  }

  export interface WireRaftSnapshotConfigStepsVotersFieldEvent {
    field: '$.snapshot.config.steps[].voters[]'
    index: number
    value: string
  }

  export interface WireRaftSnapshotConfigStepsConsentReplacesFieldEvent {
    field: '$.snapshot.config.steps[].consent.replaces'
    value: number
    index: number
  }

  export interface WireRaftSnapshotConfigStepsConsentVotersFieldEvent {
    field: '$.snapshot.config.steps[].consent.voters[]'
    index: number
    value: string
  }

  export interface WireRaftSnapshotConfigStepsConsentVotesVoterFieldEvent {
    field: '$.snapshot.config.steps[].consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireRaftSnapshotConfigStepsConsentVotesSignatureFieldEvent {
    field: '$.snapshot.config.steps[].consent.votes[].signature'
    value: string
    index: number
  }

  export interface WireRaftSnapshotTotalBytesFieldEvent {
    field: '$.snapshot.totalBytes'
    value: number
  }

  export interface WireRaftSnapshotOffsetFieldEvent {
    field: '$.snapshot.offset'
    value: number
  }

  export interface WireRaftSnapshotDataFieldEvent {
    field: '$.snapshot.data'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireRaftSnapshotHashFieldEvent {
    field: '$.snapshot.hash'
    value: string
  }

  export interface WireRaftCertificateKindFieldEvent {
    field: '$.certificate.kind'
    value: number
  }

  export interface WireRaftCertificateEpochIdFieldEvent {
    field: '$.certificate.epochId'
    value: string
  }

  export interface WireRaftCertificateIndexFieldEvent {
    field: '$.certificate.index'
    value: number
  }

  export interface WireRaftCertificateHashFieldEvent {
    field: '$.certificate.hash'
    value: string
  }

  export interface WireRaftCertificateVotersFieldEvent {
    field: '$.certificate.voters[]'
    index: number
    value: string
  }

  export interface WireRaftCertificateVotesVoterFieldEvent {
    field: '$.certificate.votes[].voter'
    value: string
    index: number
  }

  export interface WireRaftCertificateVotesSignatureFieldEvent {
    field: '$.certificate.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireRaftStepsIndexFieldEvent {
    field: '$.steps[].index'
    value: number
    index: number
  }

  export interface WireRaftStepsVotersFieldEvent {
    field: '$.steps[].voters[]'
    index: number
    value: string
  }

  export interface WireRaftStepsConsentReplacesFieldEvent {
    field: '$.steps[].consent.replaces'
    value: number
    index: number
  }

  export interface WireRaftStepsConsentVotersFieldEvent {
    field: '$.steps[].consent.voters[]'
    index: number
    value: string
  }

  export interface WireRaftStepsConsentVotesVoterFieldEvent {
    field: '$.steps[].consent.votes[].voter'
    value: string
    index: number
  }

  export interface WireRaftStepsConsentVotesSignatureFieldEvent {
    field: '$.steps[].consent.votes[].signature'
    value: string
    index: number
  }

  export function encode (obj: Partial<WireRaft>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireRaft.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireRaft>): WireRaft {
    return decodeMessage(buf, WireRaft.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireRaft>): Generator<WireRaftTypeFieldEvent | WireRaftEpochIdFieldEvent | WireRaftTermFieldEvent | WireRaftIndexFieldEvent | WireRaftLogTermFieldEvent | WireRaftFlagFieldEvent | WireRaftSignatureFieldEvent | WireRaftEntriesIndexFieldEvent | WireRaftEntriesTermFieldEvent | WireRaftEntriesKindFieldEvent | WireRaftEntriesVotersFieldEvent | WireRaftEntriesCommandFieldEvent | WireRaftEntriesEpochIdFieldEvent | WireRaftEntriesConsentReplacesFieldEvent | WireRaftEntriesConsentVotersFieldEvent | WireRaftEntriesConsentVotesVoterFieldEvent | WireRaftEntriesConsentVotesSignatureFieldEvent | WireRaftCommitFieldEvent | WireRaftClaimEpochNumberFieldEvent | WireRaftClaimEpochIdFieldEvent | WireRaftClaimEpochParentFieldEvent | WireRaftClaimTermFieldEvent | WireRaftClaimLeaderFieldEvent | WireRaftClaimVotersFieldEvent | WireRaftClaimVotesVoterFieldEvent | WireRaftClaimVotesSignatureFieldEvent | WireRaftSnapshotConfigIndexFieldEvent | WireRaftSnapshotConfigEpochIdFieldEvent | WireRaftSnapshotConfigVotersFieldEvent | WireRaftSnapshotConfigStepsIndexFieldEvent | WireRaftSnapshotConfigStepsVotersFieldEvent | WireRaftSnapshotConfigStepsConsentReplacesFieldEvent | WireRaftSnapshotConfigStepsConsentVotersFieldEvent | WireRaftSnapshotConfigStepsConsentVotesVoterFieldEvent | WireRaftSnapshotConfigStepsConsentVotesSignatureFieldEvent | WireRaftSnapshotTotalBytesFieldEvent | WireRaftSnapshotOffsetFieldEvent | WireRaftSnapshotDataFieldEvent | WireRaftSnapshotHashFieldEvent | WireRaftCertificateKindFieldEvent | WireRaftCertificateEpochIdFieldEvent | WireRaftCertificateIndexFieldEvent | WireRaftCertificateHashFieldEvent | WireRaftCertificateVotersFieldEvent | WireRaftCertificateVotesVoterFieldEvent | WireRaftCertificateVotesSignatureFieldEvent | WireRaftStepsIndexFieldEvent | WireRaftStepsVotersFieldEvent | WireRaftStepsConsentReplacesFieldEvent | WireRaftStepsConsentVotersFieldEvent | WireRaftStepsConsentVotesVoterFieldEvent | WireRaftStepsConsentVotesSignatureFieldEvent> {
    return streamMessage(buf, WireRaft.codec(), opts)
  }
}

export interface WireVote {
  voter: string
  signature: Uint8Array<ArrayBuffer>
}

export namespace WireVote {
  let _codec: Codec<WireVote>

  export const codec = (): Codec<WireVote> => {
    if (_codec == null) {
      _codec = message<WireVote>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.voter != null && obj.voter !== '')) {
          w.uint32(10)
          w.string(obj.voter)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          voter: '',
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.voter = reader.string()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
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
                field: `${prefix}.voter`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
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

  export interface WireVoteVoterFieldEvent {
    field: '$.voter'
    value: string
  }

  export interface WireVoteSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireVote>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireVote.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireVote>): WireVote {
    return decodeMessage(buf, WireVote.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireVote>): Generator<WireVoteVoterFieldEvent | WireVoteSignatureFieldEvent> {
    return streamMessage(buf, WireVote.codec(), opts)
  }
}

export interface WireClaim {
  epoch?: WireEpoch
  term: number
  leader: string
  voters: string[]
  votes: WireVote[]
}

export namespace WireClaim {
  let _codec: Codec<WireClaim>

  export const codec = (): Codec<WireClaim> => {
    if (_codec == null) {
      _codec = message<WireClaim>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.epoch != null) {
          w.uint32(10)
          WireEpoch.codec().encode(obj.epoch, w)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if ((obj.leader != null && obj.leader !== '')) {
          w.uint32(26)
          w.string(obj.leader)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (obj.votes != null && obj.votes.length > 0) {
          for (const value of obj.votes) {
            w.uint32(42)
            WireVote.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          leader: '',
          voters: [],
          votes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = WireEpoch.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.epoch
              })
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.leader = reader.string()
              break
            }
            case 4: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 5: {
              if (opts.limits?.votes != null && obj.votes.length === opts.limits.votes) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "votes" had too many elements')
              }

              obj.votes.push(WireVote.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.votes$
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
          voters: 16,
          votes: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireEpoch.codec().stream(reader, reader.uint32(), `${prefix}.epoch`, {
                limits: opts.limits?.epoch
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
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
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              if (obj.voters === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 5: {
              if (opts.limits?.votes != null && obj.votes === opts.limits.votes) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              if (obj.votes === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "votes" had too many elements')
              }

              for (const evt of WireVote.codec().stream(reader, reader.uint32(), `${prefix}.votes[]`, {
                limits: opts.limits?.votes$
              })) {
                yield {
                  ...evt,
                  index: obj.votes
                }
              }

              obj.votes++

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

  export interface WireClaimEpochNumberFieldEvent {
    field: '$.epoch.number'
    value: number
  }

  export interface WireClaimEpochIdFieldEvent {
    field: '$.epoch.id'
    value: string
  }

  export interface WireClaimEpochParentFieldEvent {
    field: '$.epoch.parent'
    value: string
  }

  export interface WireClaimTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface WireClaimLeaderFieldEvent {
    field: '$.leader'
    value: string
  }

  export interface WireClaimVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface WireClaimVotesVoterFieldEvent {
    field: '$.votes[].voter'
    value: string
    index: number
  }

  export interface WireClaimVotesSignatureFieldEvent {
    field: '$.votes[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<WireClaim>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireClaim.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireClaim>): WireClaim {
    return decodeMessage(buf, WireClaim.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireClaim>): Generator<WireClaimEpochNumberFieldEvent | WireClaimEpochIdFieldEvent | WireClaimEpochParentFieldEvent | WireClaimTermFieldEvent | WireClaimLeaderFieldEvent | WireClaimVotersFieldEvent | WireClaimVotesVoterFieldEvent | WireClaimVotesSignatureFieldEvent> {
    return streamMessage(buf, WireClaim.codec(), opts)
  }
}
