import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface FrameHead {
  jobId: string
  attempt: number
  membership: number
  step: number
  kind: number
  offset: number
  lossSum: number
  weight: number
  correct: number
}

export namespace FrameHead {
  let _codec: Codec<FrameHead>

  export const codec = (): Codec<FrameHead> => {
    if (_codec == null) {
      _codec = message<FrameHead>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.jobId != null && obj.jobId !== '')) {
          w.uint32(10)
          w.string(obj.jobId)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if ((obj.membership != null && obj.membership !== 0)) {
          w.uint32(24)
          w.uint32(obj.membership)
        }

        if ((obj.step != null && obj.step !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.step)
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(40)
          w.uint32(obj.kind)
        }

        if ((obj.offset != null && obj.offset !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.offset)
        }

        if ((obj.lossSum != null && obj.lossSum !== 0)) {
          w.uint32(57)
          w.double(obj.lossSum)
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(65)
          w.double(obj.weight)
        }

        if ((obj.correct != null && obj.correct !== 0)) {
          w.uint32(73)
          w.double(obj.correct)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          jobId: '',
          attempt: 0,
          membership: 0,
          step: 0,
          kind: 0,
          offset: 0,
          lossSum: 0,
          weight: 0,
          correct: 0
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
              obj.membership = reader.uint32()
              break
            }
            case 4: {
              obj.step = reader.uint64Number()
              break
            }
            case 5: {
              obj.kind = reader.uint32()
              break
            }
            case 6: {
              obj.offset = reader.uint64Number()
              break
            }
            case 7: {
              obj.lossSum = reader.double()
              break
            }
            case 8: {
              obj.weight = reader.double()
              break
            }
            case 9: {
              obj.correct = reader.double()
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
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.membership`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.step`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.offset`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.lossSum`,
                value: reader.double()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.weight`,
                value: reader.double()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.correct`,
                value: reader.double()
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

  export interface FrameHeadJobIdFieldEvent {
    field: '$.jobId'
    value: string
  }

  export interface FrameHeadAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface FrameHeadMembershipFieldEvent {
    field: '$.membership'
    value: number
  }

  export interface FrameHeadStepFieldEvent {
    field: '$.step'
    value: number
  }

  export interface FrameHeadKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface FrameHeadOffsetFieldEvent {
    field: '$.offset'
    value: number
  }

  export interface FrameHeadLossSumFieldEvent {
    field: '$.lossSum'
    value: number
  }

  export interface FrameHeadWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface FrameHeadCorrectFieldEvent {
    field: '$.correct'
    value: number
  }

  export function encode (obj: Partial<FrameHead>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, FrameHead.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FrameHead>): FrameHead {
    return decodeMessage(buf, FrameHead.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FrameHead>): Generator<FrameHeadJobIdFieldEvent | FrameHeadAttemptFieldEvent | FrameHeadMembershipFieldEvent | FrameHeadStepFieldEvent | FrameHeadKindFieldEvent | FrameHeadOffsetFieldEvent | FrameHeadLossSumFieldEvent | FrameHeadWeightFieldEvent | FrameHeadCorrectFieldEvent> {
    return streamMessage(buf, FrameHead.codec(), opts)
  }
}
