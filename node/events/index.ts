/**
 * @packageDocumentation Events on their way to programs and people.
 */
export { duration, formatBytes, printable, shortId, table } from './format.ts'
export { humanSink } from './human.ts'
export { type EventSink, jsonLine, jsonSink } from './sink.ts'
