import type { Logger } from '@libp2p/interface'

/** For questions whose failure is told in another way, or is of no interest. */
export const quietLogger: Logger = Object.assign(() => {}, { enabled: false, error: () => {}, trace: () => {}, newScope: () => quietLogger })
