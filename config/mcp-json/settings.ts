// One server of mcp.json, checked and with every default filled in.
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { CommandTarget, HttpTarget, UpstreamSettings } from '../upstreams.ts'
import type { Keys } from '../json-file.ts'
import { headerProblem, urlProblem } from './http-target.ts'
import { References } from './references.ts'
import type { Entry } from './schema.ts'

const IDLE_SECONDS = 300
const TIMEOUT_MS = 25_000
/** Characters. What is written out in the file and shorter is a mode or a number rather than a key. */
const MIN_SECRET = 8

export interface Place {
  /** Without empty values. */
  environment: Readonly<Record<string, string>>
  /** What relative paths are relative to. */
  folder: string
  /** Whether it is known who calls. */
  signIn: boolean
}

/** @param keys within the server. */
type Report = (keys: Keys, problem: string) => void

/** @param report is given everything that is wrong; then what is returned must not be used. */
export function settingsOf (name: string, entry: Entry, place: Place, report: Report): UpstreamSettings {
  const references = new References(place.environment)
  const replace = (text: string, ...keys: Keys) => references.replace(text, (problem) => report(keys, problem))
  const replaceAll = (texts: Readonly<Record<string, string>> = {}, member: string) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, replace(text, member, key)]))
  checkKind(entry, report)
  checkPeople(entry, place, report)
  const target = entry.url === undefined
    ? commandOf(entry, place, { replace, replaceAll }, report)
    : httpOf(entry, { replace, replaceAll }, report)
  return {
    name,
    target,
    prefix: entry.prefix ?? `${name.slice(0, 31)}_`,
    allow: entry.allow,
    deny: entry.deny ?? [],
    annotations: Object.entries(entry.annotations ?? {}).map(([pattern, values]) => [pattern, values] as const),
    scopes: Object.entries(entry.scopes ?? {}),
    identity: entry.identity ?? 'none',
    timeoutMs: entry.timeoutMs ?? TIMEOUT_MS,
    secrets: secretsOf(target, references.used)
  }
}

interface Replacing {
  replace: (text: string, ...keys: Keys) => string
  replaceAll: (texts: Readonly<Record<string, string>> | undefined, member: string) => Record<string, string>
}

const COMMANDS_OWN = ['args', 'env', 'cwd', 'process', 'idleSeconds'] as const

/** It is a command or a URL, and has the members of that one only. */
function checkKind (entry: Entry, report: Report): void {
  const { command, url, type } = entry
  if (command === undefined && url === undefined) report([], 'write "command", or "url"')
  if (command !== undefined && url !== undefined) report(['url'], 'write "command" or "url", not both')
  if (url !== undefined) {
    for (const member of COMMANDS_OWN) {
      if (entry[member] !== undefined) report([member], 'it is for a command; remove it, or write "command" instead of "url"')
    }
    if (type === 'stdio') report(['type'], 'a server with a url has the type "http"; correct it, or leave it out')
  } else {
    if (entry.headers !== undefined) report(['headers'], 'it is for a server with a url; a command gets values by "env"')
    if (type !== undefined && type !== 'stdio') report(['type'], 'a command has the type "stdio"; correct it, or leave it out')
  }
}

function checkPeople ({ identity, process, url }: Entry, { signIn }: Place, report: Report): void {
  if (identity !== undefined && identity !== 'none') {
    if (url === undefined) {
      report(['identity'], 'a command learns who calls by "process": "per-user", or by _meta of each request; remove this')
    } else if (!signIn) report(['identity'], NOBODY)
  }
  if (process === 'per-user' && url === undefined && !signIn) report(['process'], NOBODY)
}

const NOBODY = 'with AUTH_BACKEND=none nobody knows who calls; remove this, or set AUTH_BACKEND'

/** As a shell would: of a file's name nothing else is special here. */
const fromHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir())

function commandOf (entry: Entry, { folder }: Place, { replace, replaceAll }: Replacing, report: Report): CommandTarget {
  const cwd = resolve(folder, fromHome(replace(entry.cwd ?? '.', 'cwd')))
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) report(['cwd'], 'there is no such folder; correct the path')
  const command = fromHome(replace(entry.command ?? '-', 'command'))
  if (command.trim() === '') report(['command'], 'it is empty; write the program to start')
  else if (/\s/.test(command) && !existsSync(resolve(cwd, command))) {
    report(['command'], 'no shell reads it: write the program alone here, and its arguments in "args", one by one')
  }
  const args = (entry.args ?? []).map((arg, index) => replace(arg, 'args', index))
  const env = replaceAll(entry.env, 'env')
  for (const name of Object.keys(env)) {
    if (/[\s=\0]/.test(name) || name === '') report(['env', name], 'this is not the name of a variable; write letters, digits and _')
  }
  for (const [member, values] of Object.entries({ command: [command, cwd], args, env: Object.values(env) })) {
    if (values.some((value) => value.includes('\0'))) report([member], 'there is a NUL character in it; remove it')
  }
  return { kind: 'command', command, args, env, cwd, process: entry.process ?? 'shared', idleSeconds: entry.idleSeconds ?? IDLE_SECONDS }
}

function httpOf (entry: Entry, { replace, replaceAll }: Replacing, report: Report): HttpTarget {
  const url = replace(entry.url!, 'url')
  const wrongUrl = urlProblem(url)
  if (wrongUrl !== undefined) report(['url'], wrongUrl)
  const headers: Record<string, string> = {}
  for (const [written, value] of Object.entries(replaceAll(entry.headers, 'headers'))) {
    const name = written.toLowerCase()
    const wrong = Object.hasOwn(headers, name) ? 'this header is there twice; leave one' : headerProblem(name, value, entry.identity)
    if (wrong !== undefined) report(['headers', written], wrong)
    headers[name] = value
  }
  return { kind: 'http', url: wrongUrl === undefined ? new URL(url).href : url, headers }
}

/** What came from the environment, and where people paste keys as well. */
function secretsOf (target: CommandTarget | HttpTarget, used: Iterable<string>): string[] {
  const pasted = target.kind === 'command'
    ? [...Object.values(target.env), ...pastedInto(target.args)]
    : [...Object.values(target.headers).flatMap((value) => [value, value.split(' ').at(-1)!]), ...queryOf(target.url)]
  return [...new Set([...used, ...pasted.filter((value) => value.length >= MIN_SECRET)])]
}

/** Each value of its query, and as it is written there. */
function queryOf (url: string): string[] {
  const { searchParams = [], search = '' } = URL.parse(url) ?? {}
  const written = search.slice(1).split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return [...[...searchParams].map(([, value]) => value), ...written]
}

/** Of an option, a header or a variable. */
const SECRET_NAME = /^-{0,2}[\w-]*(?:key|token|secret|password|authorization)$/i
/** In an address, such as that of a database. */
const URL_PASSWORD = /:\/\/[^\s/:@]*:([^\s/@]+)@/g

/** What arguments say to be a secret: the value of `--api-key`, `api_key=` or `authorization:`, a password in an address. */
function pastedInto (args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const passwords = [...arg.matchAll(URL_PASSWORD)].map(([, password]) => password!)
    const [, name = '', value = ''] = /^([^=:\s]+)[=:]\s*(.*)$/.exec(arg) ?? []
    const named = SECRET_NAME.test(name) ? [value, value.split(' ').at(-1)!] : []
    return [...passwords, ...named, ...(index > 0 && SECRET_NAME.test(args[index - 1]!) ? [arg] : [])]
  })
}
