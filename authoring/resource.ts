// What a resource is: something that a client can read under a URI, or many of them under a URI template (MCP
// "Resources").
// Tested in test/authoring/loader/validate.test.ts.
import type { Icon } from '@modelcontextprotocol/server'
import type { ToolContext, ToolScope } from './context.ts'

/** `{name}` matches a part without `/`, `{+name}` anything. */
export type Variables<Uri extends string> = { [Name in NamesIn<Uri>]: string }
type NamesIn<Uri extends string> = Uri extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `+${infer Plain}` ? Plain : Name) | NamesIn<Rest>
  : never

/**
 * What `read` returns: text, bytes, or several parts, each with a URI of its own. `undefined`: there is no such
 * resource.
 */
export type ResourceContent = string | Uint8Array | ResourcePart | ResourcePart[] | undefined
export type ResourcePart = { uri?: string; mimeType?: string } & ({ text: string } | { data: Uint8Array })

/** One entry of a list. `values` fill the template. */
export interface ListedResource<Uri extends string = string> {
  values: Variables<Uri>
  name: string
  title?: string
  description?: string
  mimeType?: string
  size?: number
}

export interface Resource<Uri extends string = string> {
  /** A URI, such as `status://now`, or a template, such as `library://documents/{+id}`. */
  uri: Uri
  /** 1–64 characters of `[A-Za-z0-9_-]`. */
  name: string
  title: string
  description: string
  /** Of what `read` returns, unless a part says otherwise. */
  mimeType?: string
  icons?: Icon[]
  /** What the caller's token must carry, both to see it in the list and to read it. */
  scopes: ToolScope[]
  /** Milliseconds for which a client may cache what it has read; 0 if absent. */
  ttl?: number
  read(variables: Variables<Uri>, context: ToolContext): Promise<ResourceContent>
  /** For a template: the resources it matches, a page at a time. @param cursor `next` of the page before. */
  list?(
    cursor: string | undefined,
    context: ToolContext
  ): Promise<{ resources: Array<ListedResource<Uri>>; next?: string }>
  /** For a template: values of a variable that begin with what was typed. */
  complete?: { [Name in NamesIn<Uri>]?: (typed: string, context: ToolContext) => Promise<string[]> }
}

/** Types a resource from its URI. The default export of a file in resources/ is the result of this call. */
export const defineResource = <const Uri extends string>(resource: Resource<Uri>): Resource<Uri> => resource
