/** The tables of a job: who computes, which rounds were committed, what happened when. Templates only. */
import { html, nothing } from 'lit'
import { bytes, clock, count, duration, percent, shortId } from '../../elements/format.ts'
import type { JobMetrics } from '../../metrics/types.ts'
import { figure, latest } from './live.ts'
import type { ShownDetail } from './loader.ts'

const orDash = (value: number | null, show: (value: number) => string): string => (value === null ? '–' : show(value))

export function membersTable(detail: ShownDetail, metrics: JobMetrics | null, selfId: string | null) {
  const shares = new Map(detail.members.map(({ peerId, share }) => [peerId, share]))
  const receipts = new Map(detail.receipts.map(({ peerId, samples }) => [peerId, samples]))
  const allShares = [...shares.values()].reduce((sum, share) => sum + share, 0)
  const allSamples = [...receipts.values()].reduce((sum, samples) => sum + samples, 0)
  const everybody = [...new Set([...shares.keys(), ...receipts.keys()])].sort()
  if (everybody.length === 0) return html`<p class="muted">Nobody has worked on this job yet.</p>`
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Members">
      <table>
        <thead>
          <tr>
            <th scope="col">Peer</th>
            <th scope="col" class="number" title="Part of each batch">Share</th>
            <th scope="col" class="number">Samples/s</th>
            <th scope="col" class="number">GPU memory</th>
            <th scope="col" class="number">Sent</th>
            <th scope="col" class="number">Received</th>
            <th scope="col" class="number" title="Part of its time spent waiting for others">Waiting</th>
            <th scope="col" class="number" title="Samples merged and committed, by receipts">Contributed</th>
          </tr>
        </thead>
        <tbody>
          ${everybody.map((peerId) => {
            const share = shares.get(peerId)
            const samples = receipts.get(peerId)
            const now = (metric: Parameters<typeof latest>[1]) => (share === undefined ? null : latest(metrics, metric, peerId))
            return html`<tr>
              <th scope="row" class="mono" title=${peerId}>${shortId(peerId)}${peerId === selfId ? html` <span class="muted">this tab</span>` : nothing}${share === undefined ? html` <span class="muted">not a member now</span>` : nothing}</th>
              <td class="number">${share === undefined || allShares === 0 ? '–' : percent(share / allShares)}</td>
              <td class="number">${orDash(now('samplesPerSecond'), (value) => count(Math.round(value)))}</td>
              <td class="number">${orDash(now('memoryBytes'), bytes)}</td>
              <td class="number">${orDash(latest(metrics, 'bytesSent', peerId), bytes)}</td>
              <td class="number">${orDash(latest(metrics, 'bytesReceived', peerId), bytes)}</td>
              <td class="number">${orDash(now('waitShare'), percent)}</td>
              <td class="number">${samples === undefined ? '–' : html`${count(samples)} <span class="muted">${allSamples === 0 ? '' : percent(samples / allSamples)}</span>`}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>
  `
}

export function roundsTable({ rounds }: ShownDetail) {
  if (rounds.length === 0)
    return html`<p class="muted">No round has been committed yet. A round is where members compare their weights and the coordinator writes down what was done.</p>`
  return html`
    <div class="scroll tall" tabindex="0" role="region" aria-label="Rounds">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">Round</th>
            <th scope="col" class="number">Up to step</th>
            <th scope="col" class="number">Loss</th>
            <th scope="col" class="number">Samples</th>
            <th scope="col" class="number">Members</th>
            <th scope="col" class="number">Time</th>
            <th scope="col">Weights</th>
          </tr>
        </thead>
        <tbody>
          ${rounds.toReversed().map(
            ({ round, step, loss, samples, members, seconds, thetaHash }) => html`<tr>
              <th scope="row" class="number">${count(round)}</th>
              <td class="number">${count(step)}</td>
              <td class="number">${figure(loss)}</td>
              <td class="number">${count(samples)}</td>
              <td class="number" title=${members.join('\n')}>${members.length}</td>
              <td class="number">${duration(seconds * 1000)}</td>
              <td class="mono" title=${thetaHash}>${thetaHash.slice(0, 12)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `
}

export function timeline({ history }: ShownDetail) {
  if (history.length === 0) return html`<p class="muted">Nothing has happened yet.</p>`
  return html`
    <ol class="timeline">
      ${history.toReversed().map(
        ({ at, state, attempt, reason }) => html`<li>
          <time datetime=${at} class="muted">${clock(Date.parse(at))}</time>
          <span><span class="chip" data-state=${state}>${state}</span></span>
          <span>attempt ${attempt}${reason === null ? nothing : html`: ${reason}`}</span>
        </li>`,
      )}
    </ol>
  `
}
