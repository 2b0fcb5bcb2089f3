// Reads what an upstream offers: every page of every list that it declares, within bounds. Nothing in its answers fails
// more than the entry that it is in (MCP "Pagination").
import { setTimeout as sleep } from 'node:timers/promises'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { UpstreamError, type Catalogue, type Connection } from '../contract.ts'
import { arrange, createToolFilter } from './arrange.ts'
import { cut, readPrompt, readTemplate, readTool, readUri, type ReadEntry } from './entries.ts'
import { createFindings, type Findings } from './findings.ts'
import { createTurns } from '../../in-turns.ts'
import {
  MAX_CATALOGUE,
  MAX_CURSOR,
  MAX_INSTRUCTIONS,
  MAX_LOOKED_AT,
  MAX_PAGES,
  MAX_PROMPTS,
  MAX_TEMPLATES,
  MAX_TOOLS,
  MAX_URIS,
  type Log
} from './contract.ts'
import { survey } from './survey.ts'

/** JSON-RPC: the upstream declares a capability and has no such list. */
const METHOD_NOT_FOUND = -32601
/** Of all lists together. Nobody waits for more: each may have 4 MB, and would take a processor from others. */
const MAX_PAGES_AT_ONCE = 20
const PAUSE_MS = 250

/**
 * Reads all lists of an upstream, every page, within bounds.
 * @param log the same one each time, so that no line is repeated.
 * @param pause before each page beyond a few.
 * @throws UpstreamError of the connection; ProtocolError where the upstream refuses to list its tools. A refusal of another
 * list leaves that list empty.
 */
export async function readCatalogue (
  connection: Connection,
  settings: UpstreamSettings,
  log: Log,
  pause = (): Promise<void> => sleep(PAUSE_MS, undefined, { ref: false })
): Promise<Catalogue> {
  const { capabilities, instructions } = connection
  const findings = createFindings(settings.name)
  const filter = createToolFilter(settings)
  let asked = 0
  const pace = async () => { if (++asked > MAX_PAGES_AT_ONCE) await pause() }
  const pages = { connection, findings, budget: { left: MAX_CATALOGUE }, pace }
  const lets = ({ name }: { name: string }) => filter.lets(name)
  const lists = {
    tools: capabilities.tools ? await collect(pages, 'tools/list', 'tools', MAX_TOOLS, readTool, lets) : [],
    prompts: capabilities.prompts ? await collect(pages, 'prompts/list', 'prompts', MAX_PROMPTS, readPrompt) : [],
    templates: capabilities.resources
      ? await collect(pages, 'resources/templates/list', 'resourceTemplates', MAX_TEMPLATES, readTemplate)
      : [],
    uris: capabilities.resources ? await collect(pages, 'resources/list', 'resources', MAX_URIS, readUri) : [],
    hasResources: capabilities.resources !== undefined,
    instructions: instructions === undefined ? undefined : cut(instructions, MAX_INSTRUCTIONS)
  }
  // Of tools that were not read, nothing is known.
  for (const pattern of lists.tools.length < MAX_TOOLS ? filter.unused() : []) {
    findings.add('"allow" or "deny" has patterns that fit none of its tools', pattern)
  }
  if (instructions !== undefined && survey(instructions, Infinity).hides) {
    findings.add('its instructions hold characters that a person cannot see and a model reads. They are passed on as they are')
  }
  const catalogue = arrange(lists, settings, findings)
  findings.report(log)
  return catalogue
}

interface Pages {
  connection: Connection
  findings: Findings
  /** Characters that the lists may still have together. */
  budget: { left: number }
  /** Called before each page. */
  pace(): Promise<void>
}

async function collect<T> (
  pages: Pages,
  method: string,
  member: string,
  max: number,
  read: ReadEntry<T>,
  lets: (value: T) => boolean = () => true
): Promise<T[]> {
  const { findings, budget } = pages
  const found: T[] = []
  try {
    for await (const entry of entriesOf(pages, method, member)) {
      const taken = read(entry, findings)
      if (!taken || !lets(taken.value)) continue
      if (found.length >= max) {
        // There may be any number of resources: their list is asked for each caller.
        if (member !== 'resources') findings.add(`only the first ${max} ${member} are listed; "allow" can choose others`)
        break
      }
      budget.left -= taken.size
      if (budget.left < 0) {
        findings.add(`its lists are too large: what comes after the first ${MAX_CATALOGUE} characters is left out`)
        break
      }
      found.push(taken.value)
    }
  } catch (error) {
    const isRefusal = !(error instanceof UpstreamError)
    const isMissing = (error as { code?: unknown }).code === METHOD_NOT_FOUND
    if (!isRefusal || (member === 'tools' && !isMissing)) throw error
    findings.add(`it declares ${member} and refuses ${method}`)
  }
  return found
}

async function * entriesOf ({ connection, findings, pace }: Pages, method: string, member: string): AsyncGenerator<unknown> {
  const cursors = new Set<string>()
  let params = {}
  let seen = 0
  const turn = createTurns()
  for (let page = 0; page < MAX_PAGES; page++) {
    await pace()
    const answer: Record<string, unknown> | null = await connection.ask(method, params)
    const entries = answer?.[member]
    if (!Array.isArray(entries)) return findings.add(`its answer to ${method} has no list`)
    for (const entry of entries) {
      if (++seen > MAX_LOOKED_AT) return findings.add(`its answers to ${method} have more than ${MAX_LOOKED_AT} entries; the others are left out`)
      await turn()
      yield entry
    }
    const cursor = answer?.['nextCursor'] ?? ''
    if (cursor === '') return
    if (typeof cursor !== 'string' || cursor.length > MAX_CURSOR || cursors.has(cursor)) {
      return findings.add(`its answers to ${method} have a cursor that is repeated, too long or not a text; what would follow is left out`)
    }
    cursors.add(cursor)
    params = { cursor }
  }
  findings.add(`its answers to ${method} do not end after ${MAX_PAGES} pages; what would follow is left out`)
}
