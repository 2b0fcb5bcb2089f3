// What a person may use and why, in words: from the same rules that answer
// requests.
// Tested in test/cli/access.test.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import type { Principal } from '../plugins/access-rules/contract.ts'
import type { Subject } from '../plugins/access-rules/decide.ts'
import { principalOfUser } from '../plugins/access-rules/principal.ts'
import {
  evaluate,
  type Evaluation
} from '../plugins/access-rules/rights.ts'
import { membershipsOf } from '../plugins/accounts/groups.ts'
import { servicesOf, type Service } from '../plugins/oauth/services.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { openExisting, OperatorError } from './command.ts'
import { findPerson } from './find-person.ts'
import { commandLine } from './usage.ts'

/** Something that rules can be about. */
interface Thing {
  kind: Subject
  names: string[]
}

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
  const things = await findThings(config)
  const report = { file, rules: evaluate(read.rules, ''), lines: read.lines, caller, things, docsDir: config.docsDir }
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
      ({ group, backend }) => `${group} (${backend === undefined ? 'by the operator: users group add' : `by ${backend}`})`
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
    `${email ?? id}${locked ? ', locked: they may use nothing until they are unlocked' : ''}`,
    ...(email !== undefined && !emailVerified
      ? [
          '  Nobody has proven that they read this mailbox: rules and groups by address do not count for them.',
          `  To put them in a group: ${commandLine('users')}group add ${email} GROUP`
        ]
      : []),
    inGroups
  ].join('\n')
}

async function findThings (config: Config): Promise<Thing[]> {
  const { tools, prompts, resources } = await config.loadOffer()
  return [
    ...tools.map(({ name }) => ({ kind: 'tools' as const, names: [name] })),
    ...prompts.map(({ name }) => ({ kind: 'prompts' as const, names: [name] })),
    ...resources.map(({ name, uri }) => ({ kind: 'resources' as const, names: [name, uri] }))
  ]
}

function explainAll (report: Report): string {
  const { things, rules, caller } = report
  const lines = things.map(({ kind, names }) => {
    const { may } = rules.explain(caller.principal, kind, ...names)
    return `  ${may ? 'yes' : 'no '}  ${NAMES[kind]} ${names[0]}`
  })
  return [...lines, '  Ask for a document by its path.'].join('\n')
}

/** A name that nothing offered has is taken as that of a document. */
function explainOne (report: Report, name: string): string {
  const found = report.things.filter(({ names }) => names.includes(name))
  if (found.length > 0) return found.map((thing) => explainThing(report, thing)).join('\n')
  const { docsDir } = report
  const asDocument = explainThing(report, { kind: 'documents', names: [name] })
  if (docsDir !== undefined && existsSync(join(docsDir, name))) return asDocument
  return `${asDocument}\n  There is no tool, prompt or resource of this name, and no such file${docsDir === undefined ? '' : ` in ${docsDir}`}.`
}

function explainThing ({ rules, lines, caller, file }: Report, { kind, names }: Thing): string {
  const { may, rule } = rules.explain(caller.principal, kind, ...names)
  const what = `${NAMES[kind]} ${names[0]}`
  if (rule === undefined) return `  no   ${what}: no rule that is for them gives it.`
  const does = may ? 'gives it' : 'leaves it out'
  return `  ${may ? 'yes' : 'no '}  ${what}: rule ${rule + 1} ${does} (${file} line ${lines[rule]}).`
}
