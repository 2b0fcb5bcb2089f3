// PowerPoint presentations (ISO/IEC 29500-1 §19, PresentationML): slide by slide in the order of the show, with the notes
// of the speaker.
import { EMPTY, type Converted } from './contract.ts'
import { readElements } from './elements.ts'
import { textOf, unpack, type Unpacked } from './zip.ts'
import { textIn, walkXml } from './xml.ts'

const WANTED = /^(?:ppt\/(?:_rels\/)?presentation\.xml(?:\.rels)?|ppt\/(?:slides|notesSlides)\/(?:_rels\/)?\w+\.xml(?:\.rels)?|docProps\/core\.xml)$/

const names = { 'a:p': 'p', 'a:tbl': 'table', 'a:tr': 'tr', 'a:tc': 'td', 'a:br': 'br' }
/** The number of the slide, the date, and alternative forms of the same content. */
const unread = new Set(['a:fld', 'mc:Fallback'])
const texts = new Set(['a:t'])

/** @returns the text with `[Slide n]` before each slide. @throws TooMuch beyond the bounds; Error for a broken file. */
export function readSlides (bytes: Uint8Array): Converted {
  const files = unpack(bytes, (name) => WANTED.test(name))
  const slides = slidesIn(files).map((path) => {
    const slide = readElements([textOf(files, path)], { names, unread, texts })
    const notes = relations(files, path).find(({ target }) => target.includes('notesSlides/'))
    return { ...slide, notes: notes ? readElements([textOf(files, notes.target)], { names, unread, texts }).text : '' }
  })
  const shown = slides.map(({ text, notes }, index) => `[Slide ${index + 1}]\n${text}${notes === '' ? '' : `\n\nNotes: ${notes}`}`)
  if (slides.every(({ text, notes }) => text === '' && notes === '')) return EMPTY
  const title = textIn(textOf(files, 'docProps/core.xml'), 'dc:title')
  const first = slides[0]!.text.split('\n', 1)[0]
  return { text: shown.join('\n\n'), title: title && !/^(?:powerpoint|präsentation|slide)/i.test(title) ? title : first }
}

/** A slide that was moved keeps its file name, so the order comes from the list of the presentation. */
function slidesIn (files: Unpacked): string[] {
  const byId = new Map(relations(files, 'ppt/presentation.xml').map(({ id, target }) => [id, target]))
  const order: string[] = []
  walkXml(textOf(files, 'ppt/presentation.xml'), {
    open (name, attributes) {
      const target = name === 'p:sldId' ? byId.get(attributes['r:id'] ?? '') : undefined
      if (target !== undefined) order.push(target)
    }
  })
  return order
}

/** What a part of the package refers to (ISO/IEC 29500-2 §9.3), as paths in it. */
function relations (files: Unpacked, path: string): Array<{ id: string; target: string }> {
  const found: Array<{ id: string; target: string }> = []
  walkXml(textOf(files, path.replace(/([^/]+)$/, '_rels/$1.rels')), {
    open (name, { Id: id = '', Target: target = '' }) {
      if (name === 'Relationship') found.push({ id, target: new URL(target, `file:///${path}`).pathname.slice(1) })
    }
  })
  return found
}
