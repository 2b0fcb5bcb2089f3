// Resources as clients see them: listed in pages, found by URI, read and completed (MCP "Resources", "Completion").
import {
  ResourceNotFoundError,
  type InputRequiredResult,
  type ReadResourceResult,
  type Resource as Listed,
  type ResourceTemplateType
} from '@modelcontextprotocol/server'
import { contents } from '../../../authoring/content.ts'
import type { ListedResource, Resource, ResourceContent } from '../../../authoring/resource.ts'
import type { ToolContext } from '../../../authoring/tool.ts'
import { parseTemplate, type UriTemplate } from '../../../authoring/uri-template.ts'
import type { Rights } from '../../access-rules/contract.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import type { Follower } from '../contract.ts'
import type { CallServices } from './contract.ts'
import { complete, type Completion, type Finders } from './complete.ts'
import { invokeGuarded, invokePlain, type Caller } from './protocol-errors.ts'
import { checkWritable } from './writable.ts'
import { listPage, type ListPage, type Page } from './resource-pages.ts'

interface Entry {
  resource: Resource
  template: UriTemplate
}
interface Found extends Entry {
  variables: Record<string, string>
}
type Values = Readonly<Record<string, string>>

export interface Resources {
  replace(resources: readonly Resource[]): void
  /** Which resource a URI names, of those that a caller may use. A plain URI is tried before a template. */
  find(uri: string, rights: Rights): Pick<Resource, 'scopes'> | undefined
  /** Whether a caller may have arguments of this completed: one of these, as it is listed. */
  completes(uri: string, rights: Rights): boolean
  /** Whether a URI or a template is one of these, whoever may use it. */
  owns(uri: string): boolean
  /** @param more lists that come after these. */
  list(
    cursor: string | undefined,
    caller: Caller,
    more?: readonly ListPage[]
  ): Promise<{ resources: Listed[]; nextCursor?: string }>
  templates(caller: Caller): { resourceTemplates: ResourceTemplateType[] }
  /** @throws ProtocolError -32602 with the URI if there is no such resource. */
  read(uri: string, caller: Caller): Promise<(ReadResourceResult & { ttlMs?: number }) | InputRequiredResult>
  complete(
    uri: string,
    argument: { name: string; value: string },
    caller: Caller,
    context?: { arguments?: Record<string, string> }
  ): Promise<Completion>
  /**
   * Has changes of a resource reported from now on.
   * @throws ProtocolError -32602 with the URI if there is no such resource.
   */
  follow(uri: string, caller: { request: Follower; services: CallServices }): Promise<void>
}

/** A caller whose token may not read a resource does not see it either. */
export const maySee = ({ scopes }: Pick<Resource, 'scopes'>, access: Access | null, signIn: boolean): boolean =>
  !signIn || (access !== null && scopes.every((scope) => access.scopes.includes(scope)))

const mayUse = ({ resource: { name, uri } }: Entry, rights: Rights): boolean => rights.may('resources', name, uri)

export function createResources (resources: readonly Resource[], signIn: boolean): Resources {
  let entries: Entry[] = []
  const replace = (list: readonly Resource[]) => {
    entries = list
      .map((resource) => ({ resource, template: parseTemplate(resource.uri) }))
      .sort((a, b) => Math.sign(a.template.names.length) - Math.sign(b.template.names.length))
  }
  replace(resources)
  const visible = ({ request: { access, rights } }: Caller) =>
    entries.filter((entry) => maySee(entry.resource, access, signIn) && mayUse(entry, rights))
  const find = (uri: string, rights: Rights): Found | undefined => {
    for (const entry of entries) {
      if (!mayUse(entry, rights)) continue
      const variables = entry.template.match(uri)
      if (variables) return { ...entry, variables }
    }
    return undefined
  }

  return {
    replace,
    find: (uri, rights) => find(uri, rights)?.resource,
    completes: (uri, rights) => entries.some((entry) => entry.resource.uri === uri && mayUse(entry, rights)),
    owns: (uri) => entries.some(({ resource, template }) => resource.uri === uri || template.match(uri) !== undefined),
    list: (cursor, caller, more = []) => listPage([...listsOf(visible(caller), caller), ...more], cursor),
    templates: (caller) => ({
      resourceTemplates: visible(caller)
        .filter(({ template }) => template.names.length > 0)
        .map(({ resource }) => {
          const { uri: uriTemplate, ...about } = describe(resource)
          return { uriTemplate, ...about }
        })
    }),
    async read (uri, caller) {
      const found = find(uri, caller.request.rights)
      if (!found) throw notFound(uri)
      const { resource, variables } = found
      const content = await invokeGuarded(caller, 'resources/read', uri, (context) =>
        (resource.read as (values: Values, context: ToolContext) => Promise<ResourceContent>)(variables, context)
      )
      if (typeof content === 'object' && 'resultType' in content) return content
      const parts = checkWritable(toParts(content, uri, resource.mimeType))
      if (parts.length === 0) throw notFound(uri)
      return { contents: parts, ...(resource.ttl !== undefined && { ttlMs: resource.ttl }) }
    },
    async complete (uri, argument, caller) {
      const entry = visible(caller).find(({ resource }) => resource.uri === uri)
      if (!entry) throw notFound(uri)
      return complete(caller, uri, argument, entry.resource.complete as Finders | undefined)
    },
    async follow (uri, { request }) {
      if (!find(uri, request.rights)) throw notFound(uri)
    }
  }
}

/** One list behind the other: the plain resources, then the pages of each template that can list. */
function listsOf (seen: readonly Entry[], caller: Caller): ListPage[] {
  const plain = seen.filter(({ template }) => template.names.length === 0).map(({ resource }) => describe(resource))
  const listing = seen.filter(({ resource }) => resource.list)
  return [async () => ({ resources: plain }), ...listing.map((entry): ListPage => (cursor) => pageOf(entry, cursor, caller))]
}

const notFound = (uri: string) =>
  new ResourceNotFoundError(uri, 'There is no such resource: take a uri from the list of resources')

const describe = ({ uri, name, title, description, mimeType, icons }: Resource): Listed => ({
  uri,
  name,
  title,
  description,
  ...(mimeType !== undefined && { mimeType }),
  ...(icons && { icons })
})

async function pageOf ({ resource, template }: Entry, cursor: string | undefined, caller: Caller): Promise<Page> {
  const list = resource.list as (
    cursor: string | undefined,
    context: ToolContext
  ) => Promise<{ resources: ListedResource[]; next?: string }>
  const { resources, next } = await invokePlain(caller, 'resources/list', cursor, (context) => list(cursor, context))
  const { mimeType } = resource
  return {
    resources: checkWritable(resources.map(({ values, ...about }) => ({
      uri: template.expand(values),
      ...(mimeType !== undefined && { mimeType }),
      ...about
    }))),
    next
  }
}

function toParts (content: ResourceContent, uri: string, mimeType: string | undefined): ReadResourceResult['contents'] {
  if (content === undefined) return []
  if (typeof content === 'string') return toParts({ text: content }, uri, mimeType)
  if (content instanceof Uint8Array) return toParts({ data: content }, uri, mimeType)
  return [content].flat().map((part) => contents({ uri, ...(mimeType !== undefined && { mimeType }), ...part }))
}
