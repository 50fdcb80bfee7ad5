/**
 * Rules of the protocol, each with the change that switches it off.
 */
import type { FaultKind } from './fault-kinds.ts'
import type { Layer } from './layers.ts'

export interface Mutant {
  readonly name: string
  readonly layer: Layer
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
  /** More than usual, for what shows rarely. */
  readonly seeds?: number
  /** Kinds of faults that it takes, beside those of every run. */
  readonly also?: readonly FaultKind[]
}

const RAFT = 'protocol/coordinator/raft.ts'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'durability: messages are sent before the save is durable',
    layer: 'election',
    file: 'test/sim/coordination.ts',
    find: '    let durable = false\n',
    replace: '    for (const { to, message } of output.messages) this.send(to, message)\n    let durable = false\n',
  },
  {
    name: 'durability: inputs run while a save is under way',
    layer: 'election',
    file: 'test/sim/coordination.ts',
    find: 'if (!this.runOne(next)) return // goes on when its state is durable',
    replace: 'this.runOne(next)',
  },
  {
    name: 'durability: the store forgets the term',
    layer: 'election',
    file: 'test/sim/disk.ts',
    find: 'if (request.hard !== undefined) this.hard = request.hard',
    replace: 'if (request.hard !== undefined) this.hard = { ...request.hard, term: this.hard?.term ?? request.hard.term }',
  },
  {
    name: 'check-quorum: a leader without a majority goes on',
    layer: 'election',
    file: 'protocol/coordinator/leading.ts',
    find: 'else if (now - core.quorumSince >= C.QUORUM_TIMEOUT_MS) {',
    replace: 'else if (now - core.quorumSince >= C.QUORUM_TIMEOUT_MS * 1e9) {',
  },
  {
    name: 'pre-vote: granted though a leader is heard',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: 'message.term > core.term && !core.hearsLeader(now) && upToDate(',
    replace: 'message.term > core.term && upToDate(',
  },
  {
    name: 'pre-vote: terms are raised without asking',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: '  core.preVotes.add(from)\n  if (core.preVotes.size >= majority(core.voters)) ',
    replace: '  core.preVotes.add(from)\n  ',
  },
  {
    name: 'vote: a live leader does not stop an election',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: 'if (core.hearsLeader(now) && !(message.transfer && known)) return',
    replace: 'if (core.hearsLeader(now) && now < 0) return',
  },
  {
    name: 'transfer: its vote requests carry no flag',
    layer: 'election',
    file: RAFT,
    find: '!this.leaving) startElection(this, now, true)',
    replace: '!this.leaving) startElection(this, now, false)',
  },
  {
    name: 'fence: commands of a replaced coordinator are taken',
    layer: 'jobs',
    file: 'protocol/coordinator/lines.ts',
    find: 'return fence.epochId === seen.epochId && fence.term >= seen.term',
    replace: 'return true || fence.epochId === seen.epochId',
  },
  {
    name: 'vote: given before it is durable',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: '    core.votedFor = from\n    core.saveHard()',
    replace: '    core.votedFor = from',
  },
  {
    name: 'vote: two candidates in one term',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: '(core.votedFor === null || core.votedFor === from)',
    replace: 'true',
  },
  {
    name: 'vote: for a candidate whose log is behind',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: 'return lastTerm > core.lastTerm || (lastTerm === core.lastTerm && lastIndex >= core.lastIndex)',
    replace: 'return true || lastTerm + lastIndex > 0',
  },
  {
    name: 'vote: refused votes count too',
    layer: 'election',
    file: 'protocol/coordinator/election.ts',
    find: '  if (!message.granted) {\n    // Somebody else stands',
    replace: '  if (!message.granted && now < 0) {\n    // Somebody else stands',
  },
  {
    name: 'majority: half is enough',
    layer: 'election',
    file: 'protocol/coordinator/lines.ts',
    find: 'Math.floor(voters.length / 2) + 1',
    replace: 'Math.ceil(voters.length / 2)',
  },
  {
    name: 'commit: entries of earlier terms by counting',
    layer: 'election',
    file: 'protocol/coordinator/leading.ts',
    find: 'if (index > core.commitIndex && core.log.termAt(index) === core.term) {',
    replace: 'if (index > core.commitIndex) {',
    seeds: 6000,
  },
  {
    name: 'commit: a follower goes beyond what it has compared',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: 'Math.min(message.commit, match)',
    replace: 'Math.min(message.commit, core.lastIndex)',
  },
  {
    name: 'append: the entry before is not compared',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: 'if (previous === undefined || (!covered && previous !== message.prevTerm)) {',
    replace: 'if (previous === undefined) {',
  },
  {
    name: 'append: of a leader that has been replaced',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: '  if (message.term < core.term) {\n    core.send(from',
    replace: '  if (message.term < 0) {\n    core.send(from',
  },
  {
    name: 'append: conflicting entries are kept',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: 'core.log.termAt(entry.index) !== entry.term)\n  if (fresh',
    replace: 'core.log.termAt(entry.index) === undefined)\n  if (fresh',
  },
  {
    name: 'committee: several changes at once',
    layer: 'election',
    file: 'protocol/coordinator/leading.ts',
    find: 'pending: core.committee.index > core.commitIndex,',
    replace: 'pending: false,',
  },
  {
    name: 'committee: changed before the leader has committed anything',
    layer: 'election',
    file: 'protocol/coordinator/leading.ts',
    find: 'if (now >= core.transferUntil && core.settled) {',
    replace: 'if (now >= core.transferUntil) {',
  },
  {
    name: 'committee: learners vote before they have caught up',
    layer: 'election',
    file: 'protocol/coordinator/committee.ts',
    find: 'return follower !== undefined && follower.match >= view.commitIndex && now - follower.steadySince >= PROMOTE_AFTER_MS',
    replace: 'return true || follower !== undefined || PROMOTE_AFTER_MS > 0',
  },
  {
    name: 'lines: promises are forgotten with the line',
    layer: 'election',
    file: 'protocol/coordinator/epochs.ts',
    find: '  leaveLine(core)\n  const hadLog',
    replace: '  const hadLog',
  },
  {
    name: 'lines: a returned voter votes before it holds what it held',
    layer: 'election',
    file: 'protocol/coordinator/state.ts',
    find: 'return this.isVoter() && this.lastIndex >= this.promises.owedIndex',
    replace: 'return this.isVoter()',
    seeds: 20_000,
  },
  {
    name: 'lines: a leader judges its own by what only it can see',
    layer: 'election',
    file: 'protocol/coordinator/epochs.ts',
    find: 'core.vouches(now) ? core.lineSigners : 0',
    replace: "core.role === 'leader' ? core.liveVoters(now) : core.vouches(now) ? core.lineSigners : 0",
  },
  {
    name: 'lines: hearsay is passed on',
    layer: 'election',
    file: 'protocol/coordinator/state.ts',
    find: "return this.role === 'leader' || (this.leader !== null && now - this.confirmedAt < C.QUORUM_TIMEOUT_MS * 2)",
    replace: 'return this.leader !== null && now > 0',
  },
  {
    name: 'lines: claims without a majority are believed',
    layer: 'election',
    file: 'test/sim/coordination.ts',
    find: 'if (signers.length < majority(claim.voters)) return',
    replace: 'if (signers.length < 0) return',
    seeds: 3000,
  },
  {
    name: 'claims: somebody that is no voter may lead',
    layer: 'election',
    file: 'protocol/coordinator/epochs.ts',
    find: 'if (!claim.voters.includes(claim.leader)) {',
    replace: 'if (claim.voters.length === 0) {',
    also: ['hostile'],
  },
  {
    name: 'claims: any committee will do where no log names one',
    layer: 'election',
    file: 'protocol/coordinator/epochs.ts',
    find: 'return !knowsCommittee(core) || isKnown(core, claim.voters)',
    replace: 'return core.voters.length === 0 || isKnown(core, claim.voters)',
    also: ['hostile'],
  },
  {
    name: 'lines: leaders whose votes prove nothing stay as they are',
    layer: 'election',
    file: 'protocol/coordinator/leading.ts',
    find: 'if (lacksSignatures(core, now)) startElection(core, now, true)\n  else if',
    replace: 'if',
    seeds: 3000,
  },
  {
    name: 'feed: entries are taken though they are not what was signed',
    layer: 'election',
    file: 'protocol/coordinator/feed.ts',
    find: 'if (end !== index || round.hash !== hash) {',
    replace: 'if (end !== index) {',
  },
  {
    name: 'feed: a snapshot is taken though it is not what was signed',
    layer: 'election',
    file: 'protocol/coordinator/feed.ts',
    find: 'if (snapshotDigest(core.hash, taken) !== statement.hash) {',
    replace: 'if (taken.index !== statement.index) {',
  },
  {
    name: 'feed: a voter signs what it has not committed',
    layer: 'election',
    file: 'protocol/coordinator/certifier.ts',
    find: '    if (core.commitIndex < statement.index) return null\n    return core.log.hashAt(statement.index) === statement.hash',
    replace: '    return statement.index > 0',
    seeds: 3000,
  },
  {
    name: 'steps: a peer that was away is not led to the committee of today',
    layer: 'election',
    file: 'protocol/coordinator/feed.ts',
    find: 'if (feed.lost && now - feed.stepsAskedAt',
    replace: 'if (feed.lost && feed.stepsAskedAt > now && now - feed.stepsAskedAt',
  },
  {
    name: 'recovery: a line without a majority waits for ever',
    layer: 'election',
    file: RAFT,
    find: 'if (this.recoveryTimeoutMs > 0 && this.awakeWithoutLeader >=',
    replace: 'if (this.recoveryTimeoutMs < 0 && this.awakeWithoutLeader >=',
  },
  {
    name: 'replication: a follower that lost its log is never sent it again',
    layer: 'election',
    file: 'protocol/coordinator/progress.ts',
    find: '    this.match = Math.min(this.match, hint)\n    const next = Math.max(',
    replace: '    const next = Math.max(this.match + 1, ',
    seeds: 6000,
  },
  {
    name: 'jobs: unapplied entries of a losing line are dropped',
    layer: 'jobs',
    file: 'protocol/coordinator/epochs.ts',
    find: 'const abandoned = core.log.after(core.appliedIndex)',
    replace: 'const abandoned: readonly LogEntry[] = []',
  },
  {
    name: 'fence: members obey whoever commands',
    layer: 'jobs',
    file: 'test/sim/jobs.ts',
    find: 'if (from !== coordination?.core.leader || !coordination.accepts(fence)) return\n    this.around',
    replace: 'this.around',
    also: ['hostile'],
  },
  {
    name: 'snapshot: one of another line is taken for ours',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: '  if (epochId !== core.epochId) return\n',
    replace: '',
    seeds: 6000,
  },
  {
    name: 'snapshot: a log that contradicts it is kept',
    layer: 'election',
    file: 'protocol/coordinator/following.ts',
    find: 'const goesOn = core.log.termAt(index) === term',
    replace: 'const goesOn = core.log.termAt(index) !== undefined',
    seeds: 6000,
  },
  {
    name: 'jobs: pause waits for the end of the round',
    layer: 'jobs',
    file: 'protocol/jobs/manager.ts',
    find: "if (record.state === 'paused' && (run.phase === 'training' || run.phase === 'evaluating')) {",
    replace: "if (record.state === 'paused' && run.phase === 'evaluating') {",
  },
  {
    name: 'manager: a run outlives its attempt',
    layer: 'jobs',
    file: 'protocol/jobs/manager.ts',
    find: '!isTerminal(record) && record.attempt === run.attempt && !replaced) continue',
    replace: '!isTerminal(record) && !replaced) continue',
  },
  {
    name: 'jobs: a job that is submitted twice begins anew',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: '    if (this.jobs.has(command.jobId)) return NOTHING\n',
    replace: '',
  },
  {
    name: 'jobs: decisions about a former attempt count',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: "    if ('attempt' in command && command.attempt !== record.attempt) return NOTHING\n",
    replace: '',
    seeds: 4000,
  },
  {
    name: 'jobs: an end can be taken back',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: "    if (isTerminal(record)) return NOTHING\n    if ('attempt' in command",
    replace: "    if ('attempt' in command",
  },
  {
    name: 'jobs: rounds of a former membership count',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: 'if (command.membership !== record.membership || command.step <= record.step || command.round !== record.round + 1) return NOTHING',
    replace: 'if (command.step <= record.step) return NOTHING',
    seeds: 4000,
  },
  {
    name: 'jobs: work of the former members is not accounted for',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: 'opening(record, command.startStep) : account(record, command.startStep)',
    replace: 'opening(record, command.startStep) : record',
  },
  {
    name: 'jobs: the losing line wins over an end',
    layer: 'jobs',
    file: 'protocol/jobs/registry.ts',
    find: 'if (terminal(ours) !== terminal(theirs)) return terminal(theirs) - terminal(ours)',
    replace: 'if (terminal(ours) !== terminal(theirs)) return terminal(ours) - terminal(theirs)',
  },
  {
    name: 'members: what they hold is told before they have stopped',
    layer: 'jobs',
    file: 'protocol/training/member.ts',
    find: "        if (message.freeze && this.running !== null && this.running.work.kind !== 'prepare') {",
    replace: '        if (message.nonce < 0) {',
  },
  {
    name: 'members: an older membership is taken',
    layer: 'jobs',
    file: 'protocol/training/member.ts',
    find: 'if (message.membership !== this.membership || !this.ready || this.running !== null) return',
    replace: 'if (!this.ready || this.running !== null) return',
    seeds: 4000,
  },
  {
    name: 'regroup: everybody counts as a holder',
    layer: 'jobs',
    file: 'protocol/jobs/regroup.ts',
    find: 'holding.filter((survivor) => survivor.oldestStep <= step && step <= survivor.step)',
    replace: 'holding.filter((survivor) => survivor.step >= 0 || step > 0)',
  },
  {
    name: 'recruiting: the ready ones are held while others are sought',
    layer: 'jobs',
    file: 'protocol/jobs/recruiting.ts',
    find: '    else startOver(ctx, run, why)',
    replace: "    else run.enter('offering', ctx.now)",
  },
  {
    name: 'manager: late decisions are not made again',
    layer: 'jobs',
    file: 'protocol/jobs/manager.ts',
    find: 'if (inPhase > C.PROPOSAL_TIMEOUT_MS) query(',
    replace: 'if (inPhase < 0) query(',
    seeds: 4000,
  },
  {
    name: 'manager: a coordinator does not take over what was under way',
    layer: 'jobs',
    file: 'protocol/jobs/recovery.ts',
    find: "if (record.members.length > 0) query(ctx, run, 'a new coordinator took over')",
    replace: '',
  },
]

/** The source with the mutant's change in it. */
export function mutated(source: string, mutant: Mutant): string {
  const parts = source.split(mutant.find)
  if (parts.length !== 2) throw new Error(`mutant "${mutant.name}": its text occurs ${parts.length - 1} times in ${mutant.file}`)
  return parts.join(mutant.replace)
}
