/**
 * What a coordinator remembers of the checkpoints of jobs, beside what is committed about them. Nothing is lost with it: the
 * next one asks again, and counts anew how long a job has waited.
 */
/** The peer that was asked to keep a checkpoint, and those that could not. */
export interface Asked {
  readonly sha256: string
  peer: string | null
  since: number
  toldAt: number
  readonly refused: Map<string, number>
}

export class CheckpointWatch {
  readonly asked = new Map<string, Asked>()
  /** Disk that a peer has left, as it said in its last bid. */
  readonly diskBytes = new Map<string, number>()
  /** When holders were last seen, on this coordinator's clock. */
  lastSeen: ReadonlyMap<string, number> = new Map()
  /** When the connection to a peer closed, or it was taken for dead: presence may not know yet. */
  readonly goneAt = new Map<string, number>()
  /** Since when a job has had no checkpoint to go on with; ends with the next committed round. */
  readonly stalledSince = new Map<string, number>()
  /** When the end of a job that waited too long was proposed. */
  readonly gaveUpAt = new Map<string, number>()
}
