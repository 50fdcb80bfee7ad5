/**
 * Hours in which a tab may contribute, per weekday, in local time. `toHour` at or before `fromHour` ends on the next day.
 */
import type { Settings } from '../session/settings.ts'

type Schedule = Settings['schedule']

const HOUR_MS = 3_600_000
const HOURS_PER_WEEK = 168

/** Null: always. An empty list: never. */
export function inSchedule(schedule: Schedule, nowMs: number): boolean {
  if (schedule === null) return true
  const date = new Date(nowMs)
  const weekday = date.getDay()
  const hour = date.getHours()
  return schedule.some(({ weekday: day, fromHour, toHour }) => {
    if (fromHour < toHour) return day === weekday && fromHour <= hour && hour < toHour
    return (day === weekday && hour >= fromHour) || ((day + 1) % 7 === weekday && hour < toHour)
  })
}

/** The next full hour that is in the schedule; null when there is none in a week. */
export function nextStart(schedule: Schedule, nowMs: number): number | null {
  const date = new Date(nowMs)
  date.setMinutes(0, 0, 0)
  for (let hours = 1; hours <= HOURS_PER_WEEK; hours += 1) {
    const atMs = date.getTime() + hours * HOUR_MS
    if (inSchedule(schedule, atMs)) return atMs
  }
  return null
}

/** `18:00`, or with its weekday where that is not today. */
export function whenText(atMs: number, nowMs: number): string {
  const at = new Date(atMs)
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const today = at.toDateString() === new Date(nowMs).toDateString()
  return today ? time : `${at.toLocaleDateString('en-GB', { weekday: 'long' })} ${time}`
}
