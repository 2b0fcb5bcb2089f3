// What a person may use and why, in words: from the same rules that answer
// requests.
// Tested in test/cli/access.test.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import type { Principal } from '../plugins/access-rules/contract.ts'
import type { Decision } from '../plugins/access-rules/decide.ts'
import { principalOfUser } from '../plugins/access-rules/principal.ts'
import {
  evaluate,
  type Evaluation
} from '../plugins/access-rules/rights.ts'
import { membershipsOf } from '../plugins/accounts/groups.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import { servicesOf, type Service } from '../plugins/oauth/services.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { findThings, type Server, type Thing } from './access-things.ts'
import { openExisting, OperatorError } from './command.ts'
import { findPerson } from './find-person.ts'
import { commandLine } from './usage.ts'

/** For whom it is explained. */
interface Caller {
  /** Neither: somebody who has not signed in. */
  user?: User
  service?: Service['user']
  principal: Principal | null
  /** With who says so, in words. */
  groups: string[]
}

interface Report {
  file: string
  rules: Evaluation
  /** Of the first line of each rule, from 1. */
  lines: readonly number[]
  caller: Caller
  things: readonly Thing[]
  servers: readonly Server[]
  docsDir: string | undefined
}

const UNTIL_RESTART = 'A server that started with it keeps its rules until it is restarted.'

const NAMES = { tools: 'tool', prompts: 'prompt', resources: 'resource', upstreams: 'server', documents: 'document' } as const

/**
 * @param who an id, an address, `service:` and the id of a service, or `everyone`.
 * @param name of a tool, prompt, resource or document; without it, everything.
 * @returns what is printed.
 * @throws OperatorError for a person who is not known, and for rules that cannot be read.
 */
export async function explainAccess (
  config: Config,
  who: string,
  name?: string
): Promise<string> {
  const caller = who === 'everyone' ? { principal: null, groups: [] } : await findCaller(config, who)
  const { accessFile: file } = config
  if (!config.hasAccessRules()) return `${introduce(caller)}\nThere is no ${file}: everybody may use everything. ${UNTIL_RESTART}`
  const read = config.readAccessRules()
  if ('problems' in read) throw new OperatorError(read.problems.join('\n'))
  const found = await findThings(config)
  const report = { file, rules: evaluate(read.rules, ''), lines: read.lines, caller, ...found, docsDir: config.docsDir }
  return `${introduce(withFile(report))}\n${name === undefined ? explainAll(report) : explainOne(report, name)}`
}

async function findCaller (config: Config, who: string): Promise<Caller> {
  if (!config.signIn) throw new OperatorError('No one signs in to this server: AUTH_BACKEND is none. Ask for everyone.')
  const service = servicesOf(config.clients).get(who.replace(/^service:/, ''))?.user
  if (service?.id === who) {
    const groups = (service.groups ?? []).map((group) => `${group} (by CLIENTS)`)
    return { service, principal: principalOfUser(service), groups }
  }
  await (await openExisting(config)).close()
  const app = await buildOperatorApp(config)
  try {
    const user = await findPerson({ app, config }, who)
    const groups = membershipsOf(user, app.signIn.backends).map(
      ({ group, backend }) => `${printable(group)} (${backend === undefined ? 'by the operator: users group add' : `by ${backend}`})`
    )
    return { user, principal: principalOfUser(app.userStore.describe(user)), groups }
  } finally {
    await app.close()
  }
}

/** The caller, with the groups that the file puts them in. */
function withFile ({ rules, caller, file }: Report): Caller {
  const own = caller.principal?.groups ?? []
  const added = rules.groupsOf(caller.principal).filter((group) => !own.includes(group))
  return { ...caller, groups: [...caller.groups, ...added.map((group) => `${group} (by their address in ${file})`)] }
}

function introduce ({ user, service, groups }: Caller): string {
  const inGroups = `  groups: ${groups.join(', ') || 'none'}`
  if (service) return `${service.id}: ${service.name}\n${inGroups}`
  if (!user) return 'Somebody who has not signed in: in no group.'
  const { id, email, emailVerified, locked } = user
  return [
    `${printable(email ?? id)}${locked ? ', locked: they may use nothing until they are unlocked' : ''}`,
    ...(email !== undefined && !emailVerified
      ? [
          '  Nobody has proven that they read this mailbox: rules and groups by address do not count for them.',
          `  To put them in a group: ${commandLine('users')}group add ${email} GROUP`
        ]
      : []),
    inGroups
  ].join('\n')
}

function explainAll (report: Report): string {
  const ours = report.things.map((thing) => line(decide(report, thing).may, nameOf(thing)))
  const theirs = report.servers.map((server) => summarize(report, server))
  return [...ours, ...theirs, ...notes(report)].join('\n')
}

const notes = ({ servers }: Report): string[] => [
  ...(servers.length > 0 ? ['  Ask for a tool of a server by its name; `upstreams NAME` lists them.'] : []),
  '  Ask for a document by its path.'
]

/** A name that nothing offered has is taken as that of a document. */
function explainOne (report: Report, name: string): string {
  const { things, servers, docsDir } = report
  const found = [
    ...things.filter(({ names }) => names.includes(name)).map((thing) => explainThing(report, thing)),
    ...servers.filter((server) => server.name === name).map((server) => explainServer(report, server)),
    ...servers.flatMap((server) => server.things(name)).map((thing) => explainThing(report, thing))
  ]
  if (found.length > 0) return found.join('\n')
  const isDocument = docsDir !== undefined && existsSync(join(docsDir, name))
  const owner = isDocument ? undefined : servers.find((server) => server.mayHave(name))
  if (owner) {
    const tool = { kind: 'tools' as const, names: [name], upstream: owner.name }
    return `${explainThing(report, tool)}\n  ${owner.name} has not been seen to offer it.`
  }
  const asDocument = explainThing(report, { kind: 'documents', names: [name] })
  if (isDocument) return asDocument
  return `${asDocument}\n  There is no tool, prompt or resource of this name, and no such file${docsDir === undefined ? '' : ` in ${docsDir}`}.`
}

/** How much of it they may use, and the rule about the whole of it. */
const explainServer = (report: Report, server: Server): string =>
  [summarize(report, server), explainThing(report, { kind: 'upstreams', names: [server.name] }, 'all of it')].join('\n')

function summarize (report: Report, server: Server): string {
  const { name, offered } = server
  const isWhole = decide(report, { kind: 'upstreams', names: [name] }).may
  if (offered === undefined) {
    const rest = `rules about names that begin with ${JSON.stringify(server.prefix)}`
    return line(isWhole, `server ${name}: not seen yet; ${isWhole ? rest : `${rest} may give some of it`}`)
  }
  const given = offered.filter((thing) => decide(report, thing).may)
  const counts = (['tools', 'prompts', 'resources'] as const).flatMap((kind) => {
    const ofKind = (things: readonly Thing[]) => things.filter((thing) => thing.kind === kind).length
    return ofKind(offered) === 0 ? [] : [`${ofKind(given)} of ${ofKind(offered)} ${kind}`]
  })
  return line(isWhole || given.length > 0, `server ${name}: ${counts.join(', ') || 'offers nothing'}`)
}

const line = (may: boolean, text: string): string => `  ${may ? 'yes' : 'no '}  ${text}`
const nameOf = ({ kind, names }: Thing): string => `${NAMES[kind]} ${printable(names[0]!)}`

const decide = ({ rules, caller }: Report, { kind, names, upstream }: Thing): Decision =>
  upstream === undefined
    ? rules.explain(caller.principal, kind, ...names)
    : rules.explainOf(caller.principal, upstream, kind, ...names)

function explainThing (report: Report, thing: Thing, what = nameOf(thing)): string {
  const { may, rule } = decide(report, thing)
  if (rule === undefined) return line(false, `${what}: no rule that is for them gives it.`)
  const does = may ? 'gives it' : 'leaves it out'
  return line(may, `${what}: rule ${rule + 1} ${does} (${report.file} line ${report.lines[rule]}).`)
}
