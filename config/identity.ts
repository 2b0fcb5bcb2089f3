// Whose server this is: SERVER_NAME, SERVER_LOGO, SERVER_COLOR, SERVER_INSTRUCTIONS, SUPPORT_URL, PRIVACY_URL, TERMS_URL. Files are
// read once, at the start.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { path } from '../authoring/env.ts'
import { paletteOf } from './palette.ts'
import type { Variables } from './variables.ts'

/** A picture that was found to be what its type says. `sizes` as HTML and MCP write them; `hash` changes with the content. */
export interface Logo {
  body: Buffer
  type: 'image/png' | 'image/svg+xml'
  sizes: string
  hash: string
}

const MAX_LOGO_BYTES = 256 * 1024
/** Pixels: of either side of a PNG. */
const [MIN_PIXELS, MAX_PIXELS] = [32, 2048]
/** Characters. Clients cut longer instructions; Claude Code does so after two thousand. */
const MAX_INSTRUCTIONS = 2_000
const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const SVG = /^\uFEFF?(?:\s|<\?xml[^>]*>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*>)*<svg[\s>]/i
const ACTIVE = /<script|<foreignObject|\son\w+\s*=|javascript:/i
const LOGO_HELP = 'write the path of a PNG or SVG file of at most 256 KB, for example ./logo.png'

/** What is wrong with the file of a variable. */
class FileProblem extends Error {}

/**
 * @param folder what relative paths are relative to.
 * @returns what the variables say, and a sentence for each that cannot be used.
 */
export function readIdentity (values: Variables, folder: string) {
  const problems: string[] = []
  const read = <T>(name: string, work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error
      problems.push(`${name}: ${error.message}`)
      return undefined
    }
  }
  const { SERVER_LOGO: logo, SERVER_INSTRUCTIONS: instructions, SERVER_COLOR: color } = values
  const identity = {
    /** As it was written: plugins/identity.ts makes it safe to show. */
    name: values.SERVER_NAME,
    logo: logo === undefined ? undefined : read('SERVER_LOGO', () => readLogo(resolve(folder, logo))),
    palette: color === undefined ? undefined : paletteOf(color),
    /** What the operator says to the model. */
    instructions: instructions === undefined ? undefined : read('SERVER_INSTRUCTIONS', () => readInstructions(instructions, folder)),
    links: { support: values.SUPPORT_URL, privacy: values.PRIVACY_URL, terms: values.TERMS_URL }
  }
  return { identity, problems }
}

/** @throws FileProblem for a file that is missing, too large, or no file. */
function readFile (file: string, maxBytes: number, help: string): Buffer {
  try {
    const found = statSync(file)
    if (!found.isFile()) throw new FileProblem(`${file} is not a file; ${help}`)
    if (found.size > maxBytes) throw new FileProblem(`${file} has ${found.size} bytes; ${help}`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof FileProblem) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new FileProblem(`${code === 'ENOENT' ? `there is no file ${file}` : message}; ${help}`)
  }
}

/** By its content, not by its name. @throws FileProblem for anything but a PNG or an SVG without scripts. */
function readLogo (file: string): Logo {
  const body = readFile(file, MAX_LOGO_BYTES, LOGO_HELP)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16)
  if (body.subarray(0, 8).equals(PNG_SIGNATURE) && body.toString('latin1', 12, 16) === 'IHDR') {
    const [width, height] = [body.readUInt32BE(16), body.readUInt32BE(20)]
    if ([width, height].some((side) => side < MIN_PIXELS || side > MAX_PIXELS)) {
      throw new FileProblem(`${file} has ${width} × ${height} pixels; each side must have ${MIN_PIXELS} to ${MAX_PIXELS}`)
    }
    return { body, type: 'image/png', sizes: `${width}x${height}`, hash }
  }
  const text = body.toString('utf8')
  if (!SVG.test(text)) throw new FileProblem(`${file} is neither a PNG nor an SVG; ${LOGO_HELP}`)
  if (ACTIVE.test(text)) throw new FileProblem(`${file} has a script or a web page in it; save it as a plain SVG, or as a PNG`)
  return { body, type: 'image/svg+xml', sizes: 'any', hash }
}

/** @param value a text, or the path of a file that holds it, where it begins with /, ./, ../ or ~/. */
function readInstructions (value: string, folder: string): string {
  const isPath = /^(?:\.{0,2}|~)\/\S*$/.test(value.trim())
  const help = `write at most ${MAX_INSTRUCTIONS} characters, or the path of a text file with as many, for example ./instructions.md`
  const text = isPath ? readFile(resolve(folder, path.parse(value.trim())), 4 * MAX_INSTRUCTIONS, help).toString('utf8') : value
  const clean = text.replaceAll('\r\n', '\n').replaceAll(/[^\P{Cc}\n\t]|\uFEFF/gu, '').trim()
  if (clean === '') throw new FileProblem(`there is no text; ${help}`)
  if (clean.length > MAX_INSTRUCTIONS) throw new FileProblem(`it has ${clean.length} characters; ${help}`)
  return clean
}
