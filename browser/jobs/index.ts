/**
 * Drafts of jobs: what they will take, and what is signed and uploaded in the end. Heavy (kernels, schema): import it
 * dynamically.
 *
 *   const { checkDraft, specOfDraft } = await import('../jobs/index.ts')
 *   const report = await checkDraft(draft, { peers: session.peers.value }, signal)
 *   const { spec, uploads } = await specOfDraft(draft, { signal, onProgress })
 *
 * @packageDocumentation
 */
export { checkDraft, type DraftFindings, examineDraft, specOfDraft, withPeers } from './draft.ts'
export { DraftError, type Fix } from './draft-error.ts'
export type { DraftDetails, PeerFacts } from './report.ts'
