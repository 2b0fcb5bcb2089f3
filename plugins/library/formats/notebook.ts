// A Jupyter notebook (nbformat 4) as its cells, without their output: pictures, tables of numbers, logs.
import { z } from 'zod'
import { markdownTitle } from '../markdown-title.ts'
import type { Converted } from './contract.ts'

const lines = z.union([z.string(), z.array(z.string()).transform((all) => all.join(''))])
const cell = z.object({ cell_type: z.string(), source: lines.catch('') })
const notebook = z.object({
  cells: z.array(cell.catch({ cell_type: 'raw', source: '' })),
  metadata: z.object({ language_info: z.object({ name: z.string() }) }).optional().catch(undefined)
})

/** @returns Markdown, with code between fences; undefined for a file that is not a notebook. */
export function readNotebook (source: string): Converted | undefined {
  const parsed = notebook.safeParse(parse(source))
  if (!parsed.success) return undefined
  const { cells, metadata } = parsed.data
  const language = metadata?.language_info.name ?? ''
  const texts = cells
    .filter(({ source }) => source.trim() !== '')
    .map(({ cell_type: type, source }) => (type === 'code' ? `\`\`\`${language}\n${source.trimEnd()}\n\`\`\`` : source.trim()))
  const text = texts.join('\n\n')
  return { text, title: markdownTitle(text) }
}

function parse (source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}
