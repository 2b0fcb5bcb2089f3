// Whose a resource is: the upstream that lists its URI, whose
// template fits it, or the only one that has such URIs; and by
// which names rules may mean it (MCP "Resources").
import { checkTemplate, parseTemplate } from '../../../authoring/uri-template.ts'
import type { Rights } from '../../access-rules/contract.ts'
import { createSharedTurns } from '../../in-turns.ts'
import type { Upstream } from '../../upstreams/contract.ts'

/** Rules are asked about each entry, by all templates that it fits: ten milliseconds of some, for any number of callers. */
export const beginTurns = createSharedTurns()

export interface Owners {
  /** @returns the upstream that a URI belongs to, of those of which the caller may read it. */
  ownerOf(uri: string, rights: Rights): string | undefined
  mayRead(upstream: string, uri: string, rights: Rights): boolean
  /** Whether it has such URIs, and the caller may not read this one. */
  hides(upstream: string, uri: string, rights: Rights): boolean
  /**
   * Whatever an upstream may take a URI for: each in its spellings, with the names of the templates that these fit. Only
   * who may read all of them may read it.
   * @returns undefined where they are too many to be asked about.
   */
  thingsOf(upstream: string, uri: string): string[][] | undefined
  /** To be called when an upstream offers something else. */
  refresh(): void
}

type Offering = Pick<Upstream, 'settings' | 'catalogue'>

interface Owner {
  name: string
  uris: ReadonlySet<string>
  schemes: ReadonlySet<string>
  templates: ReadonlyArray<{ names: readonly string[]; fits(uri: string): boolean }>
}

export function createOwners (upstreams: { readonly all: ReadonlyArray<Offering> }): Owners {
  const read = () => new Map(upstreams.all
    .filter(({ catalogue }) => catalogue.hasResources)
    .map((upstream) => [upstream.settings.name, readOwner(upstream)]))
  let owners = read()

  function thingsOf (upstream: string, uri: string): string[][] | undefined {
    if (uri.length > MAX_URI_LENGTH) return undefined
    const taken = [...Map.groupBy(spellingsOf(uri), meaningOf).values()]
    const things = taken.map((spellings) => [...spellings])
    let fitting = 0
    for (const { fits, names } of owners.get(upstream)?.templates ?? []) {
      const fit = things.filter((_, index) => taken[index]!.some(fits))
      if (fit.length > 0 && ++fitting > MAX_FITTING) return undefined
      for (const thing of fit) thing.push(...names)
    }
    return things
  }
  const mayRead = (upstream: string, uri: string, rights: Rights) =>
    thingsOf(upstream, uri)?.every((names) => rights.mayOf(upstream, 'resources', ...names)) ?? false

  return {
    thingsOf,
    mayRead,
    hides: (upstream, uri, rights) => owners.get(upstream)?.schemes.has(schemeOf(uri)) === true && !mayRead(upstream, uri, rights),
    refresh () {
      owners = read()
    },
    ownerOf (uri, rights) {
      if (uri.length > MAX_URI_LENGTH) return undefined
      const all = [...owners.values()]
      const scheme = schemeOf(uri)
      const kin = all.filter(({ schemes }) => schemes.has(scheme))
      const candidates = [
        ...all.filter(({ uris }) => uris.has(uri)),
        ...all.filter(({ templates }) => templates.some(({ fits }) => fits(uri))),
        ...(kin.length === 1 ? kin : [])
      ]
      return candidates.find(({ name }) => mayRead(name, uri, rights))?.name
    }
  }
}

const MAX_URI_LENGTH = 2_048
/** Rules are asked about each: one whose URIs fit more of its own templates has none that can be read. */
const MAX_FITTING = 10

const schemeOf = (uri: string): string =>
  uri.slice(0, uri.indexOf(':') + 1).toLowerCase()

/**
 * A URI as it is asked for, and as an upstream may read it: the official SDK looks for what `new URL` makes of it, and
 * others decode what is percent-encoded (RFC 3986 §6.2.2).
 */
function spellingsOf (uri: string): string[] {
  const decoded = uri.replace(ENCODED, decode)
  return [...new Set([uri, decoded].flatMap((spelling) => [spelling, ...(URL.canParse(spelling) ? [new URL(spelling).href] : [])]))]
}

/**
 * The same for spellings that name the same, of which a rule may give any: they differ in what is percent-encoded, in
 * letters of scheme and host, and in the slash of an empty path. A slash that is encoded ends no folder.
 */
const meaningOf = (spelling: string): string =>
  spelling.replaceAll(/%2f/gi, '%252F').replace(ENCODED, decode).replace(/\/$/, '').toLowerCase()

const ENCODED = /(?:%[0-9a-f]{2})+/gi

function decode (encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

function readOwner ({ settings, catalogue }: Offering): Owner {
  const { templates, uris } = catalogue
  const all = [...uris, ...templates.map(({ uriTemplate }) => uriTemplate)]
  return {
    name: settings.name,
    uris: new Set(uris),
    schemes: new Set(all.map(schemeOf).filter((scheme) => scheme !== '')),
    templates: templates.map(({ name, uriTemplate }) => ({
      names: [name, uriTemplate],
      fits: fitting(uriTemplate)
    }))
  }
}

/** Each is looked for in whatever URI anyone names. */
const MAX_VARIABLES = 8

/**
 * A template in a form of RFC 6570 that cannot be read backwards, or with many variables, fits what begins like it: the
 * upstream decides.
 */
function fitting (template: string): (uri: string) => boolean {
  const isSmall = template.split('{', MAX_VARIABLES + 2).length <= MAX_VARIABLES + 1
  if (isSmall && checkTemplate(template).length === 0) {
    const { match } = parseTemplate(template)
    return (uri) => match(uri) !== undefined
  }
  const beginning = template.slice(0, template.search(/\{|$/))
  return (uri) => beginning.includes(':') && uri.startsWith(beginning)
}
