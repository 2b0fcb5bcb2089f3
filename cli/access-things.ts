// What the rules of access.json can be about: what this server offers now, and
// what existing servers behind it offered when they were last seen.
// Tested in test/cli/access.test.ts.
import { monotonicClock } from '../clock.ts'
import type { Config } from '../config/index.ts'
import type { UpstreamSettings } from '../config/upstreams.ts'
import { ALL_RIGHTS } from '../plugins/access-rules/contract.ts'
import type { Subject } from '../plugins/access-rules/decide.ts'
import { createOwners } from '../plugins/mcp/relay/owners.ts'
import { combine } from '../plugins/upstreams/catalogue/combine.ts'
import { createRemembered } from '../plugins/upstreams/catalogue/remembered.ts'
import type { Catalogue } from '../plugins/upstreams/contract.ts'
import { openExisting } from './command.ts'

/** Something that rules can be about. */
export interface Thing {
  kind: Subject
  names: readonly string[]
  /** Whose it is: a rule can also mean all of that. */
  upstream?: string
}

/** An existing server behind this one. */
export interface Server {
  name: string
  prefix: string
  /** `undefined` for one that was never seen. */
  offered: readonly Thing[] | undefined
  /** Those of this name or URI. */
  things(name: string): Thing[]
  /** Whether it could offer a tool of this name. */
  mayHave(name: string): boolean
}

type Offered = Awaited<ReturnType<Config['loadOffer']>>
interface Seen {
  settings: UpstreamSettings
  catalogue: Catalogue | undefined
}

const SILENT = { info () {}, warn () {}, error () {} }

export async function findThings (config: Config): Promise<{ things: Thing[]; servers: Server[] }> {
  const offer = await config.loadOffer()
  const { tools, resources } = await openOffered(config, offer)
  const things = [
    ...tools.map(({ name }) => ({ kind: 'tools' as const, names: [name] })),
    ...offer.prompts.map(({ name }) => ({ kind: 'prompts' as const, names: [name] })),
    ...resources.map(({ name, uri }) => ({ kind: 'resources' as const, names: [name, uri] }))
  ]
  const own = {
    tools: tools.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
    prompts: offer.prompts.map(({ name }) => name)
  }
  return { things, servers: serversOf(await readSeen(config), own) }
}

/** As a server would: a tool that cannot be used with its variables is not there. */
async function openOffered (config: Config, { tools, resources }: Offered) {
  const host = { dataDir: config.dataDir, log: SILENT }
  const results = await Promise.allSettled(config.configureTools(tools).map(({ open }) => open(host)))
  const opened = results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))
  await Promise.all(opened.map(({ close }) => close?.()))
  // What a tool needs may be away now: the rules are about its name all the same.
  const away = tools.filter((_, index) => results[index]!.status === 'rejected')
  return { tools: [...opened, ...away], resources: [...resources, ...opened.flatMap(({ resources = [] }) => resources)] }
}

/** Where no server has run, or storage does not answer, mcp.json has the names. */
async function readSeen (config: Config): Promise<Seen[]> {
  const unseen = config.upstreams.map((settings) => ({ settings, catalogue: undefined }))
  if (unseen.length === 0) return unseen
  const storage = await openExisting(config).catch(() => undefined)
  if (!storage) return unseen
  try {
    const { load } = createRemembered(storage, monotonicClock, SILENT)
    return await Promise.all(
      config.upstreams.map(async (settings) => ({ settings, catalogue: await load(settings) }))
    )
  } finally {
    await storage.close()
  }
}

function serversOf (seen: readonly Seen[], own: Parameters<typeof combine>[1]): Server[] {
  const known = seen.flatMap(({ settings, catalogue }) => (catalogue ? [{ settings, catalogue }] : []))
  const joined = combine(known.map(({ catalogue }) => catalogue), own, SILENT)
  const owners = createOwners({ all: known })

  return seen.map(({ settings: { name: upstream, prefix }, catalogue }) => {
    const isIts = (entry: { upstream: string }) => entry.upstream === upstream
    // One that nobody can read has none; one that the server may take for something else has more.
    const resource = (uri: string) =>
      (owners.thingsOf(upstream, uri) ?? []).map((names) => ({ kind: 'resources' as const, names, upstream }))
    const offered = catalogue && [
      ...joined.tools.filter(isIts).map(({ name }) => ({ kind: 'tools' as const, names: [name], upstream })),
      ...joined.prompts.filter(isIts).map(({ name }) => ({ kind: 'prompts' as const, names: [name], upstream })),
      ...catalogue.templates.map(({ name, uriTemplate }) =>
        ({ kind: 'resources' as const, names: [name, uriTemplate], upstream })),
      ...catalogue.uris.flatMap(resource)
    ]
    return {
      name: upstream,
      prefix,
      offered,
      things (name) {
        if (catalogue?.uris.includes(name)) return resource(name)
        const exact = (offered ?? []).filter(({ names }) => names[0] === name || names[1] === name)
        if (exact.length > 0) return exact
        return owners.ownerOf(name, ALL_RIGHTS) === upstream ? resource(name) : []
      },
      mayHave: (name) => name.startsWith(prefix) && (prefix !== '' || offered === undefined)
    }
  })
}
