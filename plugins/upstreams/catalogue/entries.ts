// One entry of a list of an upstream, believed as far as it is well formed: what clients know is kept within bounds, and
// everything else is left out, so that one odd entry never makes a client refuse the whole list (MCP "Data Types").
import type { Icon, Prompt, ResourceTemplateType, Tool, ToolAnnotations } from '@modelcontextprotocol/client'
import { isObject } from '../../is-object.ts'
import type { Findings } from './findings.ts'
import {
  MAX_ARGUMENTS,
  MAX_DESCRIPTION,
  MAX_ENTRY,
  MAX_ICON,
  MAX_ICONS,
  MAX_META,
  MAX_NAME,
  MAX_TITLE,
  MAX_URI
} from './contract.ts'
import { survey, writtenLength } from './survey.ts'

type Json = Record<string, unknown>

/** @param kind for the operator, such as `tools`. @returns with its size in characters. */
export type ReadEntry<T> = (entry: unknown, findings: Findings) => { value: T; size: number } | undefined

export const readTool: ReadEntry<Tool> = (entry, findings) =>
  readNamed('tools', entry, findings, (tool, name, leaveOut) => {
    const { inputSchema, outputSchema, execution } = tool
    if (!isObjectSchema(inputSchema)) return leaveOut('their input schema is not one of an object')
    if (!hasUsableHeaders(inputSchema)) return leaveOut('the x-mcp-header members of their input schema are not usable')
    const tasks = isObject(execution) ? execution['taskSupport'] : undefined
    if (tasks === 'required') return leaveOut('they run only as tasks, which this server does not pass on')
    if (tasks === 'optional') findings.add('these tools are called without tasks, which this server does not pass on', name)
    const hasOutput = isObjectSchema(outputSchema)
    if (outputSchema !== undefined && !hasOutput) {
      findings.add('the output schema of these tools is left out, because it is not one of an object', name)
    }
    const annotations = hintsOf(tool['annotations'])
    return {
      name,
      ...describe('tools', tool, name, findings),
      inputSchema,
      ...(hasOutput && { outputSchema }),
      ...(annotations && { annotations })
    }
  })

export const readPrompt: ReadEntry<Prompt> = (entry, findings) =>
  readNamed('prompts', entry, findings, (prompt, name, leaveOut) => {
    const given = prompt['arguments'] ?? []
    if (!Array.isArray(given) || given.length > MAX_ARGUMENTS) return leaveOut('their arguments are not a list, or too many')
    if (!given.every(isNamed)) return leaveOut('an argument has no name')
    const taken = given.map(({ name, required, ...argument }) => ({
      name,
      ...(typeof required === 'boolean' && { required }),
      ...textsOf(argument)
    }))
    return {
      name,
      ...describe('prompts', prompt, name, findings),
      ...(taken.length > 0 && { arguments: taken })
    }
  })

export const readTemplate: ReadEntry<ResourceTemplateType> = (entry, findings) =>
  readNamed('resource templates', entry, findings, (template, name, leaveOut) => {
    const { uriTemplate, mimeType } = template
    if (!isText(uriTemplate, MAX_URI)) return leaveOut('their URI template is not a text, or too long')
    return {
      name,
      uriTemplate,
      ...describe('resource templates', template, name, findings),
      ...(isText(mimeType, MAX_NAME) && { mimeType })
    }
  })

/** Only its URI. */
export const readUri: ReadEntry<string> = (entry) =>
  isObject(entry) && isText(entry['uri'], MAX_URI) ? { value: entry['uri'], size: writtenLength(entry['uri']) } : undefined

/** @param read gets `leaveOut`, which says why nothing is returned. */
function readNamed<T> (
  kind: string,
  entry: unknown,
  findings: Findings,
  read: (entry: Json, name: string, leaveOut: (why: string) => undefined) => T | undefined
): { value: T; size: number } | undefined {
  const name = isNamed(entry) ? entry.name : undefined
  const leaveOut = (why: string) => findings.add(`these ${kind} are left out, because ${why}`, name ?? '(no name)') as undefined
  if (!isObject(entry) || name === undefined) return leaveOut('they have no name, or one that is too long')
  const { size, hides } = survey(entry, MAX_ENTRY)
  if (size === undefined) return leaveOut('they are too large or nested too deeply')
  const value = read(entry, name, leaveOut)
  if (value === undefined) return undefined
  if (hides) {
    findings.add(
      `the description or schema of these ${kind} holds characters that a person cannot see and a model reads. ` +
        'They are passed on as they are; if you do not trust them, leave them out with "deny"',
      name
    )
  }
  return { value, size }
}

/** What tools, prompts and templates have in common. */
function describe (kind: string, entry: Json, name: string, findings: Findings) {
  const { description, title } = entry
  if (typeof description === 'string' && description.length > MAX_DESCRIPTION) {
    findings.add(`the description of these ${kind} is cut after ${MAX_DESCRIPTION} characters`, name)
  }
  const odd = [description, title].some((text) => text !== undefined && text !== null && typeof text !== 'string')
  if (odd) findings.add(`the title or description of these ${kind} is left out, because it is not a text`, name)
  const icons = iconsOf(entry['icons'])
  const meta = metaOf(entry['_meta'])
  if (meta === 'unusable') findings.add(`_meta of these ${kind} is left out, because it is too large or not an object`, name)
  return {
    ...textsOf(entry),
    ...(icons.length > 0 && { icons }),
    ...(typeof meta === 'object' && { _meta: meta })
  }
}

function textsOf ({ title, description }: Json): { title?: string; description?: string } {
  return {
    ...(typeof title === 'string' && title !== '' && { title: cut(title, MAX_TITLE) }),
    ...(typeof description === 'string' && { description: cut(description, MAX_DESCRIPTION) })
  }
}

/** @returns at most `max` characters; what is missing shows. */
export const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

/** Only what MCP defines, so that a hint of another type fails no list. */
function hintsOf (given: unknown): ToolAnnotations | undefined {
  if (!isObject(given)) return undefined
  const hints: ToolAnnotations = typeof given['title'] === 'string' ? { title: cut(given['title'], MAX_TITLE) } : {}
  for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const) {
    const value = given[hint]
    if (typeof value === 'boolean') hints[hint] = value
  }
  return hints
}

function iconsOf (given: unknown): Icon[] {
  if (!Array.isArray(given)) return []
  return given.slice(0, MAX_ICONS).flatMap((icon: unknown) => {
    if (!isObject(icon) || !isText(icon['src'], MAX_ICON) || !/^(?:https:\/\/|data:image\/)/.test(icon['src'])) return []
    const { src, mimeType, sizes, theme } = icon
    return {
      src,
      ...(isText(mimeType, MAX_NAME) && { mimeType }),
      ...(Array.isArray(sizes) && sizes.length <= MAX_ICONS && sizes.every((size) => isText(size, MAX_NAME)) && { sizes }),
      ...((theme === 'light' || theme === 'dark') && { theme })
    }
  })
}

/** Without what says how a tool is protected: that is for this server to say. */
function metaOf (given: unknown): Json | 'unusable' | undefined {
  if (given === undefined || given === null) return undefined
  if (!isObject(given) || survey(given, MAX_META).size === undefined) return 'unusable'
  const { securitySchemes: _, ...meta } = given
  return Object.keys(meta).length > 0 ? meta : undefined
}

type ObjectSchema = Tool['inputSchema']

/** As far as every client reads it. */
function isObjectSchema (schema: unknown): schema is ObjectSchema {
  if (!isObject(schema) || schema['type'] !== 'object') return false
  const { properties = {}, required = [], $schema = '' } = schema
  const isProperty = (property: unknown) => isObject(property) || typeof property === 'boolean'
  return (
    isObject(properties) &&
    Object.values(properties).every(isProperty) &&
    Array.isArray(required) &&
    required.every((name) => typeof name === 'string') &&
    typeof $schema === 'string'
  )
}

/** Clients have to leave out a tool whose headers they cannot send (MCP "Custom Headers from Tool Parameters"). */
function hasUsableHeaders ({ properties = {} }: ObjectSchema): boolean {
  const headers = Object.values(properties).flatMap((property) =>
    isObject(property) && Object.hasOwn(property, 'x-mcp-header') ? [property['x-mcp-header']] : []
  )
  const names = headers.filter((header) => typeof header === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(header))
  return names.length === headers.length && new Set(names.map((name) => String(name).toLowerCase())).size === names.length
}

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= max
const isNamed = (value: unknown): value is Json & { name: string } => isObject(value) && isText(value['name'], MAX_NAME)
