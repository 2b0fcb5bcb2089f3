// What a case of a tool is, and the mistakes that are the same for many tools.
import type { Test } from 'tap'
import { sampleDocuments } from '../../helpers/server.ts'

export type Result = Record<string, any>

/** Calls a tool that must work. */
export type Use = (name: string, args: Record<string, unknown>) => Promise<Result>

/** Arguments, and what the answer must name: the argument that is wrong, or what to do instead. */
export type Mistake = [args: Record<string, unknown>, says: RegExp]

/** `right`: arguments that are right, for an attack to spoil. @param databases that there are for database_query. */
export interface Case {
  right: Record<string, unknown>
  use(t: Test, use: Use, databases: string[]): Promise<void>
  mistakes: Mistake[]
}

/** Nothing of the inside may stand in an answer: no stack, no path, no engine's own error, no secret. */
export const INSIDE =
  /at .+\.ts:\d|node:internal|node_modules|\/(?:tmp|dev|var|home|usr|work|root)\/|SQLITE_|SQLSTATE|ZodError|fault in this server|mcp_(?:at|rt)_|\$argon2/

/** Whatever is wrong, the answer says what to write instead. */
export const GUIDES =
  /expected|\b(?:add|write|give|pass|call|calculate|leave|correct|use|ask|put|say|complete|translate|check|take out|make it)\b|only one SELECT|the usual functions|an expression has|is an object, such as/i

export const HOSTILE = [
  '\0',
  '\u2028\u202e',
  "'; DROP TABLE notes; --",
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '{{constructor.constructor("return process")()}}',
  '__proto__',
  '%00',
  '<script>alert(1)</script>',
  'http://127.0.0.1:1/'
]
export const LONG = 'handbook.md'
export const PEOPLE = "CREATE TABLE people (name text, age integer); INSERT INTO people VALUES ('Ann', 40), ('Bob', 20)"
export const NO_SUCH = 'note:AAAAAAAAAAAAAAAA'

/**
 * The mistakes with one required text that are the same for every tool: left out, of a wrong type, empty, too long, and
 * beside something unknown.
 */
export const textMistakes = (name: string, longest: number, rest: Record<string, unknown> = {}): Mistake[] => [
  [rest, new RegExp(`- ${name}: .*expected string`)],
  ...[null, 7, true, ['x'], { $ne: '' }].map((value): Mistake => [
    { ...rest, [name]: value },
    new RegExp(`- ${name}: .*expected string`)
  ]),
  [{ ...rest, [name]: '' }, new RegExp(`- ${name}: .*>=1 char`)],
  [{ ...rest, [name]: 'x'.repeat(longest + 1) }, new RegExp(`- ${name}: .*(?:<=${longest}|at most ${longest}) char`)],
  [{ ...rest, [name]: 'x', nmae: 'x' }, /"nmae"[\s\S]*Its arguments are/]
]
export const versionMistakes: Mistake[] = [
  [{ id: NO_SUCH, text: 'x' }, /- version: .*expected number/],
  ...['1', null, 1.5, 0, -1, Infinity].map((version): Mistake => [{ id: NO_SUCH, version, text: 'x' }, /- version: /])
]

const filler = 'The keeper walks along the beach and looks at the water for a while.\n'.repeat(2_000)
export const documents: Record<string, string> = {
  ...sampleDocuments,
  'ja.md': '# 海\n\n今日は潮汐の話をします。\n',
  [LONG]: `# Handbook\n${filler}The quokka is kept by Zelda.\n${filler}`
}
