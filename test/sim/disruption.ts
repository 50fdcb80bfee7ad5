/**
 * That a mesh whose leader is well is left in peace (mesh.md section 9, rules 5 and 6, and invariant I13). These rules cost
 * no history when they break, only terms and leaders, so that nothing else in the simulator would notice.
 *
 * The checker keeps books of its own: who granted whom a pre-vote, whom a peer has heard as its leader and when, who has
 * answered a leader. It reads only what went over the wire, and each peer's own clock.
 */
import { ELECTION_MIN_MS, QUORUM_TIMEOUT_MS } from '../../protocol/coordinator/constants.ts'
import { majority } from '../../protocol/coordinator/lines.ts'
import type { RaftCore } from '../../protocol/coordinator/raft.ts'
import type { RaftInput, RaftOutput } from '../../protocol/coordinator/types.ts'
import type { SimPeer } from './peer.ts'
import { Violation } from './world.ts'

interface Book {
  epochId: string
  term: number
  role: string
  votedFor: string | null
  leader: string | null
  /** When the leader itself last sent entries or a snapshot; -Infinity when its connection has closed since. */
  heardAt: number
  /** As leader: when each peer last answered in this term, and when a majority last had. */
  readonly answers: Map<string, number>
  quorumAt: number
}

export class Disruption {
  /** By epoch, term and candidate: who said that there may be an election. */
  private readonly preVotes = new Map<string, Set<string>>()
  private readonly books = new Map<SimPeer, Book>()

  /** A process remembers nothing of whom it heard. */
  started(peer: SimPeer, core: RaftCore): void {
    this.books.set(peer, note(core, { heardAt: -Infinity, answers: new Map(), quorumAt: -Infinity }))
  }

  /** `at`: the peer's clock when it took the step. */
  observe(peer: SimPeer, core: RaftCore, input: RaftInput, output: RaftOutput, at: number): void {
    const before = this.books.get(peer) as Book
    if (input.type === 'tick' && core.role !== 'leader' && unchanged(core, before)) return // most steps are of this kind
    const sameLine = core.epoch?.id === before.epochId
    if (sameLine) {
      this.checkElection(peer, core, input, before)
      this.checkVote(peer, core, input, before, at)
    }
    for (const { to, message } of output.messages) {
      if (message.type !== 'preVoteReply' || !message.granted) continue
      checkUnled(peer, `grants ${to} a pre-vote for term ${message.term}`, before, at)
      const key = `${message.epochId}/${message.term}/${to}`
      const granted = this.preVotes.get(key)
      if (granted === undefined) this.preVotes.set(key, new Set([peer.id]))
      else granted.add(peer.id)
    }
    const sameTerm = sameLine && core.term === before.term
    const book = note(core, {
      heardAt: sameTerm && core.leader === before.leader ? before.heardAt : -Infinity,
      answers: before.answers,
      quorumAt: before.quorumAt,
    })
    this.books.set(peer, book)
    if (input.type === 'message' && input.from === core.leader && input.message.term === core.term && input.message.epochId === core.epoch?.id) {
      if (input.message.type === 'append' || input.message.type === 'snapshot') book.heardAt = at
    }
    if (input.type === 'disconnected' && input.peer === core.leader) book.heardAt = -Infinity
    if (core.role === 'leader') this.checkQuorum(peer, core, input, before, book, at)
  }

  /** Rule 5: nobody raises its term but after a majority of the committee said that it may, or after being told to. */
  private checkElection(peer: SimPeer, core: RaftCore, input: RaftInput, before: Book): void {
    const stands = core.term > before.term && core.votedFor === peer.id
    // A leader may have itself elected once more: for a claim with more signatures, or to catch up with a former voter.
    if (!stands || before.role === 'leader' || (input.type === 'message' && input.message.type === 'electNow')) return
    const granted = this.preVotes.get(`${before.epochId}/${core.term}/${peer.id}`)
    const asked = core.voters.filter((voter) => voter === peer.id || granted?.has(voter))
    if (asked.length < majority(core.voters)) {
      throw new Violation('no term is raised before a pre-vote majority', `${peer.id} stands in term ${core.term}, allowed by [${asked}] of [${core.voters}]`)
    }
  }

  /** Rule 5, on the other side: who hears a leader neither votes for somebody else nor says that it would, unless the leader hands over. */
  private checkVote(peer: SimPeer, core: RaftCore, input: RaftInput, before: Book, at: number): void {
    if (input.type !== 'message' || input.message.type !== 'vote' || input.message.transfer) return
    const { from } = input
    if (core.votedFor !== from || (before.votedFor === from && before.term === core.term)) return
    checkUnled(peer, `votes for ${from} in term ${core.term}`, before, at)
  }

  /** Rule 6: a leader that a majority does not answer does not stay one. */
  private checkQuorum(peer: SimPeer, core: RaftCore, input: RaftInput, before: Book, book: Book, at: number): void {
    if (before.role !== 'leader' || before.term !== core.term || before.epochId !== core.epoch?.id) {
      book.answers.clear()
      book.quorumAt = at
    }
    if (input.type === 'message' && 'term' in input.message && input.message.term === core.term) book.answers.set(input.from, at)
    if (input.type !== 'tick') return
    const answering = core.voters.filter((voter) => voter === peer.id || at - (book.answers.get(voter) ?? -Infinity) < QUORUM_TIMEOUT_MS)
    if (answering.length >= majority(core.voters)) book.quorumAt = at
    const silentMs = at - book.quorumAt
    // It may have heard them a moment after it was asked: twice the time is the bound.
    if (silentMs > 2 * QUORUM_TIMEOUT_MS) {
      throw new Violation(
        'a leader has a majority behind it',
        `${peer.id} leads term ${core.term}, for ${silentMs.toFixed(0)} ms heard only by [${answering}] of [${core.voters}]`,
      )
    }
  }
}

function checkUnled(peer: SimPeer, does: string, before: Book, at: number): void {
  const since = before.role === 'leader' ? 0 : before.leader === null ? Infinity : at - before.heardAt
  if (since >= ELECTION_MIN_MS) return
  const leader = before.role === 'leader' ? 'leads itself' : `heard ${before.leader} ${since.toFixed(0)} ms ago`
  throw new Violation('a live leader needs no election', `${peer.id} ${does}, though it ${leader}`)
}

function unchanged(core: RaftCore, book: Book): boolean {
  const same = core.role === book.role && core.term === book.term && core.leader === book.leader
  return same && core.votedFor === book.votedFor && (core.epoch?.id ?? '') === book.epochId
}

function note(core: RaftCore, rest: Pick<Book, 'heardAt' | 'answers' | 'quorumAt'>): Book {
  return { epochId: core.epoch?.id ?? '', term: core.term, role: core.role, votedFor: core.votedFor, leader: core.leader, ...rest }
}
