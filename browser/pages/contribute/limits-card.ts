/** How much may be given and when: share of the time, memory, battery, hours. Every change holds at once. */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { percent } from '../../elements/format.ts'
import type { Settings } from '../../session/settings.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'

const MIB = 1024 ** 2
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
/** Monday first. */
const WEEK = [1, 2, 3, 4, 5, 6, 0] as const

@customElement('cyx-limits-card')
export class CyxLimitsCard extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      .card { display: grid; gap: 12px; }
      .duty { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; align-items: center; }
      .duty input { width: 100%; }
      .hours { display: grid; grid-template-columns: 1fr auto auto; gap: 6px 8px; align-items: center; }
      .hours select { min-height: 30px; padding: 2px 6px; }
      .check > span { flex: 1; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @state() private memoryFault: string | null = null

  constructor() {
    super()
    new StoreController(this, () => [this.session.settings, this.session.contribution])
  }

  override render() {
    const settings = this.session.settings.value
    const { phase, measuredDutyPercent } = this.session.contribution.value
    const check = (key: 'whileOnBattery' | 'yieldWhileInUse' | 'keepAwake', title: string, hint: string) =>
      html`<label class="check"><input type="checkbox" .checked=${settings[key]} @change=${(event: Event) => this.session.changeSettings({ [key]: (event.target as HTMLInputElement).checked })} /><span>${title}<br /><span class="muted">${hint}</span></span></label>`
    return html`<section class="card"><h2>Limits</h2>
      <div>
        <label for="duty">GPU time to give: <strong class="number">${settings.dutyPercent} %</strong></label>
        <div class="duty">
          <input id="duty" type="range" min="5" max="100" step="5" aria-valuetext=${`${settings.dutyPercent} percent`} .value=${String(settings.dutyPercent)} @input=${(event: Event) => this.session.changeSettings({ dutyPercent: Number((event.target as HTMLInputElement).value) })} />
          <span class="muted number">measured ${phase === 'computing' || phase === 'finishing' ? percent(measuredDutyPercent / 100) : '–'}</span>
        </div>
      </div>
      <label class="field" for="memory">Memory cap in MiB <span class="muted">(empty: what was found)</span>
        <input id="memory" inputmode="numeric" aria-invalid=${this.memoryFault !== null} aria-describedby=${this.memoryFault === null ? nothing : 'memory-fault'} .value=${settings.memoryLimitBytes === null ? '' : String(Math.round(settings.memoryLimitBytes / MIB))} @change=${this.#memory} />
      </label>
      ${this.memoryFault === null ? nothing : html`<p id="memory-fault" class="error" role="alert">${this.memoryFault}</p>`}
      ${check('whileOnBattery', 'On battery too', 'Otherwise it pauses while unplugged, where the browser tells.')}
      ${check('yieldWhileInUse', 'Yield while this tab is in use', 'The GPU works less while you type or scroll here.')}
      ${check('keepAwake', 'Keep the screen awake', 'Only while this tab is visible.')}
      ${this.#schedule(settings)}
    </section>`
  }

  #schedule({ schedule }: Settings) {
    const hours = (from: number, to: number, chosen: number) =>
      Array.from(
        { length: to - from + 1 },
        (_, index) => html`<option value=${from + index} ?selected=${from + index === chosen}>${String(from + index).padStart(2, '0')}:00</option>`,
      )
    return html`<label class="check"><input type="checkbox" .checked=${schedule !== null} @change=${(event: Event) =>
      this.session.changeSettings({
        schedule: (event.target as HTMLInputElement).checked ? WEEK.map((weekday) => ({ weekday, fromHour: 20, toHour: 24 })) : null,
      })} /><span>Only at set hours<br /><span class="muted">By this computer’s clock.</span></span></label>
      ${
        schedule === null
          ? nothing
          : html`<div class="hours">
            ${WEEK.map((weekday) => {
              const entry = schedule.find((one) => one.weekday === weekday)
              const name = DAYS[weekday] ?? ''
              return html`<label class="check"><input type="checkbox" .checked=${entry !== undefined} @change=${(event: Event) => this.#day(weekday, (event.target as HTMLInputElement).checked)} />${name}</label>
                <select aria-label=${`${name} from`} ?disabled=${entry === undefined} @change=${(event: Event) => this.#hours(weekday, { fromHour: Number((event.target as HTMLSelectElement).value) })}>${hours(0, 23, entry?.fromHour ?? 20)}</select>
                <select aria-label=${`${name} until`} ?disabled=${entry === undefined} @change=${(event: Event) => this.#hours(weekday, { toHour: Number((event.target as HTMLSelectElement).value) })}>${hours(1, 24, entry?.toHour ?? 24)}</select>`
            })}
          </div>`
      }`
  }

  #day(weekday: number, on: boolean): void {
    const rest = (this.session.settings.value.schedule ?? []).filter((entry) => entry.weekday !== weekday)
    this.session.changeSettings({ schedule: on ? [...rest, { weekday, fromHour: 20, toHour: 24 }] : rest })
  }

  #hours(weekday: number, change: { readonly fromHour?: number; readonly toHour?: number }): void {
    const schedule = (this.session.settings.value.schedule ?? []).map((entry) => (entry.weekday === weekday ? { ...entry, ...change } : entry))
    this.session.changeSettings({ schedule })
  }

  readonly #memory = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value.trim()
    const mib = Number(text)
    if (text !== '' && !(Number.isFinite(mib) && mib >= 16)) {
      this.memoryFault = `${text} is not an amount: a number of MiB, at least 16, or nothing`
      return
    }
    this.memoryFault = null
    this.session.changeSettings({ memoryLimitBytes: text === '' ? null : Math.round(mib * MIB) })
  }
}
