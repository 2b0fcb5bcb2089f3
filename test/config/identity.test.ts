// Whose server it is: the variables, what is refused of them, and that a refusal says what to write instead.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'
import { readIdentity } from '../../config/identity.ts'
import { variables } from '../../config/variables.ts'

const SVG = '<?xml version="1.0"?>\n<!-- ours -->\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>'
const folder = await mkdtemp(join(tmpdir(), 'mcp-identity-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const place = async (name: string, content: string | Buffer) => writeFile(join(folder, name), content)

/** The head of a PNG of this size: what is read of one. */
function png (width: number, height: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d4948445200000000000000000806000000', 'hex')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return head
}

const read = (env: Record<string, string>) => readIdentity(variables.parse(env), folder)

t.test('without a variable nothing is set, and an empty value counts as unset', async (t) => {
  const nothing = { name: undefined, logo: undefined, palette: undefined, instructions: undefined, links: {} }
  t.match(read({}), { identity: nothing, problems: [] })
  const names = ['SERVER_NAME', 'SERVER_LOGO', 'SERVER_COLOR', 'SERVER_INSTRUCTIONS', 'SUPPORT_URL', 'PRIVACY_URL', 'TERMS_URL']
  t.match((await loadConfig(Object.fromEntries(names.map((name) => [name, ' '])))).identity, nothing)
})

t.test('a logo is known by its content, with its size and a name that changes with it', async (t) => {
  await place('logo.svg', png(256, 128))
  await place('logo.png', SVG)
  t.match(read({ SERVER_LOGO: 'logo.svg' }).identity.logo, { type: 'image/png', sizes: '256x128', hash: /^[\w-]{16}$/ })
  const vector = read({ SERVER_LOGO: join(folder, 'logo.png') }).identity.logo
  t.match(vector, { type: 'image/svg+xml', sizes: 'any', body: Buffer.from(SVG) })
  await place('logo.png', `${SVG}\n`)
  t.not(read({ SERVER_LOGO: 'logo.png' }).identity.logo!.hash, vector!.hash)
})

t.test('a logo that is missing, too large, too small or of another kind is refused with what to write', async (t) => {
  const script = SVG.replace('<rect', '<script>alert(1)</script><rect')
  for (const [name, content, problem] of [
    ['none.png', undefined, /^SERVER_LOGO: there is no file .*none\.png; write the path of a PNG or SVG file of at most 256 KB/],
    ['.', undefined, /is not a file; write the path/],
    ['large.svg', `${SVG}${' '.repeat(256 * 1024)}`, /has 2622\d\d bytes; write the path/],
    ['tiny.png', png(16, 16), /has 16 × 16 pixels; each side must have 32 to 2048/],
    ['bomb.png', png(100_000, 100_000), /has 100000 × 100000 pixels/],
    ['page.svg', '<!doctype html><html><svg></svg></html>', /is neither a PNG nor an SVG/],
    ['photo.png', Buffer.from('ffd8ffe000104a464946', 'hex'), /is neither a PNG nor an SVG/],
    ['empty.png', '', /is neither a PNG nor an SVG/],
    ['script.svg', script, /has a script or a web page in it; save it as a plain SVG/],
    ['handler.svg', SVG.replace('<rect', '<rect onload="alert(1)"'), /has a script/]
  ] as Array<[string, string | Buffer | undefined, RegExp]>) {
    if (content !== undefined) await place(name, content)
    const { identity, problems } = read({ SERVER_LOGO: name })
    t.match(problems, [problem], name)
    t.equal(identity.logo, undefined)
  }
})

t.test('instructions are a text, or the path of a file that holds one', async (t) => {
  await place('notes.md', '\uFEFFAnswer in French.\r\nBe brief.\u0007\n')
  t.equal(read({ SERVER_INSTRUCTIONS: './notes.md' }).identity.instructions, 'Answer in French.\nBe brief.')
  t.equal(read({ SERVER_INSTRUCTIONS: 'Use search and/or fetch.' }).identity.instructions, 'Use search and/or fetch.')
  t.equal(read({ SERVER_INSTRUCTIONS: '/ask is a word here' }).identity.instructions, '/ask is a word here')
  for (const [value, problem] of [
    ['./none.md', /^SERVER_INSTRUCTIONS: there is no file .*none\.md; write at most 2000 characters, or the path/],
    ['x'.repeat(2_001), /it has 2001 characters; write at most 2000/]
  ] as const) t.match(read({ SERVER_INSTRUCTIONS: value }).problems, [problem])
})

t.test('every wrong value is named in the one message, with what to write instead', async (t) => {
  const message = await loadConfig({
    SERVER_NAME: '\u202E \u200B',
    SERVER_LOGO: '/none.png',
    SERVER_COLOR: 'ffcc00',
    SERVER_INSTRUCTIONS: '/none.md',
    SUPPORT_URL: 'javascript:alert(1)',
    PRIVACY_URL: 'https://ann:secret@example.com/privacy',
    TERMS_URL: 'example.com/terms'
  }).catch((error: Error) => error.message)
  for (const part of [
    'SERVER_NAME: write a name with letters or digits',
    'SERVER_LOGO: there is no file /none.png',
    /SERVER_COLOR: white text on ffcc00 has a contrast of 1\.\d\d:1, and needs 4\.5:1 to be read; take a darker color, for example [0-9a-f]{6}\n/,
    'SERVER_INSTRUCTIONS: there is no file /none.md',
    'SUPPORT_URL: write the address of a web page',
    'PRIVACY_URL: write the address of a web page',
    'TERMS_URL: write the address of a web page'
  ]) t.match(message, part)
  for (const value of ['green', '0d635', '#0d63540', 'rgb(0,0,0)', '0d6354;}']) {
    await t.rejects(loadConfig({ SERVER_COLOR: value }), /SERVER_COLOR: write a color as six hexadecimal digits/, value)
  }
  for (const value of ['#0D6354', '0d6354']) t.match((await loadConfig({ SERVER_COLOR: value })).identity.palette, { light: { accent: '#0d6354' } })
})
