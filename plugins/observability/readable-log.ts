// Formats log lines for people: the time, the level, the message, and its members. Nothing that a stranger wrote, such
// as an app's name, reaches the terminal as more than text (CWE-150).
import { printable, printableJson } from './terminal-text.ts'

const LEVELS: Record<number, [name: string, color: number]> = {
  10: ['trace', 90],
  20: ['debug', 90],
  30: ['info', 32],
  40: ['warn', 33],
  50: ['error', 31],
  60: ['fatal', 31]
}
/** The same in every line. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err'])

/**
 * @param line one line of pino's, JSON with its line end.
 * @returns one line, and the stack of an error below it, indented. A line that is not JSON is returned as text.
 */
export function readableLine (line: string): string {
  const entry = parse(line)
  if (entry === undefined) return `${printable(line.trimEnd())}\n`
  const [level, color] = LEVELS[Number(entry['level'])] ?? ['log', 0]
  const time = new Date(Number(entry['time'])).toTimeString().slice(0, 8)
  const members = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `  ${dim(`${printable(name)}=`)}${typeof value === 'string' ? printable(value) : printableJson(value)}`)
  const head = `${dim(time)} \x1b[${color}m${level.padEnd(5)}\x1b[0m ${printable(String(entry['msg'] ?? ''))}`
  return `${head}${members.join('')}\n${describeError(entry['err'])}`
}

const dim = (text: string): string => `\x1b[2m${text}\x1b[0m`

function parse (line: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function describeError (error: unknown): string {
  if (error === undefined) return ''
  const { type, message, stack, cause } = Object(error) as Record<string, unknown>
  const text = String(stack || `${type}: ${message}`)
  const lines = text.split('\n').map((line) => `    ${printable(line.trim())}\n`)
  return lines.join('') + (cause === undefined ? '' : `    caused by:\n${describeError(cause)}`)
}
