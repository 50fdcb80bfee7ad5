/**
 * Commands about the mesh itself: its peers, its coordinator, who contributed what.
 */
import type { Command } from 'commander'
import type { PeerInfo } from '../../protocol/control/types.ts'
import { formatBytes, shortId, table } from '../events/index.ts'
import { withCommonOptions } from './args.ts'
import { ageNote, CURRENT_OPTION, type ReadOptions, readParams } from './freshness.ts'
import { type MeshOptions, withMeshClient, withMeshOptions } from './mesh-client.ts'
import { type Output, runCommand } from './output.ts'

export function registerPeers(program: Command): void {
  withMeshOptions(withCommonOptions(program.command('peers')))
    .description('peers of the mesh: device, memory, speed, load')
    .action((options: MeshOptions) => runCommand(options, (output) => peers(options, output)))
  withMeshOptions(withCommonOptions(program.command('coordinator')))
    .description('who coordinates, and who votes')
    .option(...CURRENT_OPTION)
    .action((options: ReadOptions) => runCommand(options, (output) => coordinator(options, output)))
  withMeshOptions(withCommonOptions(program.command('receipts')))
    .description('samples that each peer contributed, merged and committed')
    .argument('[id]', 'of this job only: its id, or its beginning')
    .option(...CURRENT_OPTION)
    .action((id: string | undefined, options: ReadOptions) => runCommand(options, (output) => receipts(id, options, output)))
}

async function peers(options: MeshOptions, output: Output): Promise<undefined> {
  const list = await withMeshClient(options, (client) => client.once('peers', {}))
  output.result(list, table([['peer', 'kind', 'device', 'memory', 'limit', 'samples/s', 'jobs', ''], ...list.map(row)]))
}

function row(peer: PeerInfo): string[] {
  const { memory } = peer
  const free = memory.freeBytes === null ? '–' : `${formatBytes(memory.freeBytes)} free`
  const marks = [peer.self ? 'asked' : '', peer.coordinator ? 'coordinator' : peer.voter ? 'voter' : ''].filter((mark) => mark !== '')
  return [
    shortId(peer.peerId),
    peer.kind,
    peer.device?.description ?? 'none',
    `${free} (${memory.source})`,
    formatBytes(memory.limitBytes),
    peer.speed > 0 ? peer.speed.toFixed(0) : '–',
    `${peer.activeJobs} of ${peer.slots}`,
    marks.join(', '),
  ]
}

async function coordinator(options: ReadOptions, output: Output): Promise<undefined> {
  const info = await withMeshClient(options, (client) => client.once('coordinator', readParams(options)))
  const who = info.peerId === null ? 'no coordinator at the moment' : `coordinator ${info.peerId}`
  output.result(info, `${who}\nepoch ${info.epoch}, term ${info.term}\nvoters:\n${info.voters.map((voter) => `  ${voter}`).join('\n')}${ageNote(info)}`)
}

async function receipts(id: string | undefined, options: ReadOptions, output: Output): Promise<undefined> {
  const all = await withMeshClient(options, (client) => client.once('receipts', { ...(id === undefined ? {} : { jobId: id }), ...readParams(options) }))
  const rows = all.map(({ jobId, peerId, samples }) => [shortId(jobId), shortId(peerId), String(samples)])
  output.result(all, all.length === 0 ? 'no receipts' : table([['job', 'peer', 'samples'], ...rows]))
}
