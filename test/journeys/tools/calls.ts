// Every tool with its case, the documents and databases they use, and readable labels for what was called.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Client } from '@modelcontextprotocol/client'
import type { Test } from 'tap'
import { INSIDE, GUIDES, type Result } from './contract.ts'
import { databaseCases } from './database.ts'
import { documentCases } from './documents.ts'
import { noteCases } from './notes.ts'
import { textCases } from './texts.ts'

export const cases = { ...documentCases, ...noteCases, ...textCases, ...databaseCases }

export async function shop (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-shop-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const db = new DatabaseSync(join(folder, 'shop.db'))
  db.exec(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, made TEXT); INSERT INTO orders VALUES (1, 12.5, '2026-01-02'), (2, 3, '2026-02-03'), (3, 1, '2026-03-04')"
  )
  db.close()
  return join(folder, 'shop.db')
}

/** A line of a test report: in ASCII, and not longer than a line. */
export const label = (...parts: unknown[]): string =>
  parts
    .map((part) =>
      JSON.stringify(part)
        .replaceAll(/[^ -~]/g, '?')
        .slice(0, 120)
    )
    .join(' ')

export async function callAll (t: Test, client: Client, databases: string[]) {
  const { tools } = await client.listTools()
  t.same(
    tools.map(({ name }) => name).sort(),
    Object.keys(cases).sort(),
    'every tool that is offered has its case here, and no other'
  )
  const call = async (name: string, args: Record<string, unknown>) => {
    const result = (await client.callTool({ name, arguments: args })) as {
      isError?: boolean
      content: Array<{ type: string; text: string }>
      structuredContent?: Result
    }
    return { ...result, said: result.content.map(({ text }) => text).join('\n') }
  }
  for (const [name, { use, mistakes }] of Object.entries(cases)) {
    await t.test(`${name}: at work`, async (t) => {
      await use(
        t,
        async (name, args) => {
          const { isError, structuredContent, said } = await call(name, args)
          t.notOk(isError, label(name, args, said))
          t.notMatch(said, /mcp_(?:at|rt)_|\$argon2/, 'no token and no hash (TL-08)')
          t.same(JSON.parse(said), structuredContent, 'the text says the same as the structure')
          return structuredContent!
        },
        databases
      )
    })
    await t.test(`${name}: ${mistakes.length} mistakes, each answered so that a model can mend it`, async (t) => {
      for (const [args, says] of mistakes) {
        const { isError, said } = await call(name, args)
        const about = label(args, said)
        t.equal(isError, true, about)
        t.match(said, says, about)
        t.match(said, GUIDES, about)
        t.notMatch(said, INSIDE, about)
        t.ok(said.length < 2_000, `short enough to be read: ${about}`)
      }
    })
  }
}
