/** What page and Worker say to one another about drafts. */
import type { JobFile } from '../../protocol/jobs/spec.ts'
import type { PlainDraftError } from './draft-error.ts'
import type { Examined, ExamineRequest } from './examine.ts'

/** A Blob loses its identity on the way to a Worker; the number keeps it, so that no file is hashed twice. */
export interface NumberedBlob {
  readonly number: number
  readonly blob: Blob
}

export type ToDraftWorker =
  | {
      readonly type: 'examine'
      readonly id: number
      readonly job: JobFile
      readonly identity: ExamineRequest['identity']
      readonly files: Readonly<Record<string, NumberedBlob>>
    }
  | { readonly type: 'cancel'; readonly id: number }

export type FromDraftWorker =
  | { readonly type: 'progress'; readonly id: number; readonly text: string }
  | { readonly type: 'done'; readonly id: number; readonly result: Examined }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainDraftError }
