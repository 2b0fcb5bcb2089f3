// The access rules as a capability of the app: read at the start, and followed while the server runs, so that a change of
// access.json counts from the next request on, on every instance that sees the file.
import { statSync } from 'node:fs'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { StartError } from '../../errors.ts'
import { ALL_RIGHTS, EVERYBODY, wholeUpstream, type AccessRules, type Kind, type Principal, type Rights } from './contract.ts'
import { evaluate, type Evaluation } from './rights.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accessRules: AccessRules & Pick<Evaluation, 'entriesOf' | 'groupsOf'>
  }
}

/** How often a change is looked for while no request comes: open streams learn of it. */
const CHECK_MS = 1_000

export default fp(
  async function accessRules (app: FastifyInstance, { accessFile, readAccessRules }: Pick<Config, 'accessFile' | 'readAccessRules'>) {
    const listeners: Array<() => void> = []
    let seen: string | undefined
    let current: Evaluation | undefined
    let number = 0

    const report = (problem: string) =>
      app.log.error(`${problem}\nThe rules from before stay in use. Correct the file; to remove all rules, restart without it.`)

    /** A file that is wrong, unreadable or gone never opens anything: the rules before it stay. */
    function follow (): void {
      const now = versionOf(accessFile)
      if (now === seen) return
      seen = now
      try {
        const read = readAccessRules()
        if ('problems' in read) return report(read.problems.join('\n'))
        current = evaluate(read.rules, `${++number}`)
      } catch (error) {
        return report(`${accessFile}: ${(error as Error).message}`)
      }
      for (const listener of listeners) listener()
    }

    let isFollowed = false
    /** The file is looked at once in a turn of the event loop: a change asks for the rights of thousands of open streams. */
    function latest (): Evaluation | undefined {
      if (isFollowed) return current
      isFollowed = true
      setImmediate(() => {
        isFollowed = false
      })
      follow()
      return current
    }

    follow()
    if (seen !== undefined && !current) throw new StartError(`${accessFile} cannot be read. Correct it and start again.`)
    const timer = setInterval(follow, CHECK_MS).unref()
    app.addHook('onClose', async () => clearInterval(timer))
    app.decorate('accessRules', {
      get isOn () {
        return latest() !== undefined
      },
      rightsOf: (caller: Principal | null, without: readonly string[] = []) => leaveOut(latest()?.rightsOf(caller) ?? ALL_RIGHTS, without),
      audienceOf: (id) => current?.audienceOf(id) ?? EVERYBODY,
      checkResources (names) {
        if (!current) return
        const read = readAccessRules(names)
        if ('problems' in read) throw new StartError(read.problems.join('\n'))
      },
      entriesOf: (caller) => latest()?.entriesOf(caller) ?? [],
      groupsOf: (caller) => latest()?.groupsOf(caller) ?? [...(caller?.groups ?? [])],
      onChange: (listener) => {
        listeners.push(listener)
      }
    } satisfies FastifyInstance['accessRules'])
  },
  { name: 'access-rules' }
)

/** What a person did not give to an app is not there for it. */
function leaveOut (rights: Rights, without: readonly string[]): Rights {
  if (without.length === 0) return rights
  const left = new Set(without)
  const isLeft = (kind: Kind, names: readonly string[]) =>
    (kind === 'tools' && names.some((name) => left.has(name))) ||
    (kind === 'upstreams' && names.some((name) => left.has(wholeUpstream(name))))
  return {
    key: `${rights.key} ${JSON.stringify(without)}`,
    may: (kind, ...names) => rights.may(kind, ...names) && !isLeft(kind, names),
    mayOf: (upstream, kind, ...names) => rights.mayOf(upstream, kind, ...names) && !isLeft(kind, names) && !isLeft('upstreams', [upstream]),
    mayAnyOf: (upstream, kind) => rights.mayAnyOf(upstream, kind) && !isLeft('upstreams', [upstream]),
    documents: rights.documents
  }
}

/** Another one after each change; undefined where there is no file. */
function versionOf (path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true })
    return found && `${found.ino} ${found.size} ${found.mtimeNs}`
  } catch (error) {
    return (error as Error).message
  }
}
