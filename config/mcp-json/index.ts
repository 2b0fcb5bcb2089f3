// UPSTREAMS: reads mcp.json, the file that names existing MCP servers, and names what is wrong with it by server, member
// and line.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { nearest, readJsonFile, type Issue, type JsonFile, type Keys } from '../json-file.ts'
import type { ReadUpstreams, UpstreamSettings } from '../upstreams.ts'
import { variablesIn } from './references.ts'
import { entry, FOREIGN, HINTS, NAME, outline, type Entry } from './schema.ts'
import { settingsOf, type Place } from './settings.ts'

/** More would be a mistake: each is asked for its lists. */
const MAX_UPSTREAMS = 100

/** A server that a program names instead of the file, under its name. */
export type GivenUpstream = readonly [name: string, server: Entry]

/**
 * @param named the variable UPSTREAMS; without it, mcp.json counts if it is there.
 */
export function createUpstreamsReader (named: string | undefined, place: Place, given?: readonly GivenUpstream[]) {
  const path = resolve(place.folder, named ?? 'mcp.json')
  let written: unknown = given
  return {
    path,
    /** Reads the file as it is now. Nothing of what is wrong is taken, and nothing else of that file. */
    read (): ReadUpstreams {
      if (given) return checkServers(given.map((server): Server => [...server, []]), place, (_, problem) => problem)
      try {
        if (named === undefined && !existsSync(path)) return { upstreams: [] }
        const file = readJsonFile(path)
        if ('problems' in file) return file
        written = file.value
        return checkFile(file, place)
      } catch (error) {
        const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
        const why = isMissing ? `there is no file ${path}; correct the path, or remove the variable` : `${path} cannot be read: ${(error as Error).message}`
        return { problems: [`UPSTREAMS: ${why}`] }
      }
    },
    /** The variables that what was read refers to, as members. */
    variables: (): object => variablesIn(written)
  }
}

/**
 * What the configuration has of it.
 * @param follow is given what was read, each time.
 */
export function readUpstreamSettings (
  named: string | undefined,
  place: Place,
  follow: (upstreams: readonly UpstreamSettings[]) => void,
  given?: readonly GivenUpstream[]
) {
  const reader = createUpstreamsReader(named, place, given)
  const readUpstreams = (): ReadUpstreams => {
    const read = reader.read()
    if ('upstreams' in read) follow(read.upstreams)
    return read
  }
  const read = readUpstreams()
  return {
    problems: 'problems' in read ? read.problems : [],
    variables: reader.variables,
    settings: {
      /** Existing MCP servers that are offered as well. */
      upstreams: 'upstreams' in read ? read.upstreams : [],
      /** Absolute path of mcp.json, which may be missing. */
      upstreamsFile: reader.path,
      /** Reads mcp.json as it is now, with the environment of the start. */
      readUpstreams
    }
  }
}

type Server = readonly [name: string, server: unknown, keys: Keys]
type Report = (keys: Keys, problem: string) => void

function checkFile ({ value, at }: JsonFile, place: Place): ReadUpstreams {
  const problems: string[] = []
  const members = Object.keys(outline.shape)
  for (const issue of outline.safeParse(value).error?.issues ?? []) {
    // The names of servers are checked with the servers.
    if (issue.code === 'invalid_key') continue
    describe(issue, members, (keys, problem) => problems.push(at(keys, `${keys.map(String).join('.') || 'the file'}: ${problem}`)))
  }
  const servers = ['mcpServers', 'servers'].flatMap((member) => {
    const all = Object(Object(value)[member]) as Record<string, unknown>
    return Object.entries(all).map(([name, server]): Server => [name, server, [member, name]])
  })
  const found = checkServers(servers, place, at)
  problems.push(...('problems' in found ? found.problems : []))
  return problems.length > 0 ? { problems } : found
}

function checkServers (all: readonly Server[], place: Place, at: JsonFile['at']): ReadUpstreams {
  const problems: string[] = []
  const upstreams: UpstreamSettings[] = []
  const servers = all.filter(([, server]) => Object(server).disabled !== true)
  const reportOf = ([name, , outer]: Server): Report => (keys, problem) => {
    const where = [`upstream ${JSON.stringify(name)}`, ...(keys.length > 0 ? [keys.map(String).join('.')] : [])]
    problems.push(at([...outer, ...keys], `${where.join(', ')}: ${problem}`))
  }
  for (const [index, server] of servers.entries()) {
    const [name, written] = server
    const report = reportOf(server)
    const isTwice = servers.findIndex(([other]) => other === name) < index
    const wrong = isTwice ? 'this name is there twice; write another' : nameProblem(name)
    if (wrong !== undefined) report([], wrong)
    const parsed = entry.safeParse(written)
    if (parsed.success) upstreams.push(settingsOf(name, parsed.data, place, report))
    else for (const issue of parsed.error.issues) describe(issue, Object.keys(entry.shape), report)
  }
  if (servers.length > MAX_UPSTREAMS) problems.push(at([], `there are more than ${MAX_UPSTREAMS} servers; run a second server for the others`))
  for (const [name, problem] of prefixProblems(upstreams)) {
    reportOf(servers.find(([other]) => other === name)!)(['prefix'], problem)
  }
  return problems.length > 0 ? { problems } : { upstreams }
}

function nameProblem (name: string): string | undefined {
  if (NAME.test(name)) return undefined
  const fitted = name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|-+$/g, '').slice(0, 64) || 'files'
  return `a name has 1 to 64 letters, digits, _ and -; write ${JSON.stringify(fitted)}`
}

/** Names of one must never look like those of another: whoever offers "b_c" under "a_" would take a name of "a_b_". */
function * prefixProblems (upstreams: readonly UpstreamSettings[]): Generator<[name: string, problem: string]> {
  for (const [index, { name, prefix }] of upstreams.entries()) {
    const other = upstreams.find((other, place) => place < index && (other.prefix.startsWith(prefix) || prefix.startsWith(other.prefix)))
    if (!other) continue
    const empty = prefix === '' ? name : other.prefix === '' ? other.name : undefined
    if (empty !== undefined) yield [empty, 'only a single server may go without; write a text such as "crm_"']
    else yield [name, `${JSON.stringify(prefix)} and ${JSON.stringify(other.prefix)} of ${JSON.stringify(other.name)} begin alike; write another`]
  }
}

/** @param members which there are in the outermost value. */
function describe (issue: Issue, members: readonly string[], report: Report): void {
  if (issue.code === 'invalid_key') report(issue.path, issue.issues[0]!.message)
  else if (issue.code !== 'unrecognized_keys') report(issue.path, issue.message)
  else {
    const known = issue.path.length === 0 ? members : HINTS
    for (const key of issue.keys) report([...issue.path, key], unknownMember(key, known))
  }
}

function unknownMember (name: string, members: readonly string[]): string {
  if (Object.hasOwn(FOREIGN, name)) return FOREIGN[name]!
  const meant = nearest(name, members)
  return `there is no such member; ${meant === undefined ? `there are ${members.join(', ')}` : `write ${JSON.stringify(meant)}`}`
}
