// A mcp.json for a test, and the program that it names.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const STDIO = new URL('../fixtures/upstreams/stdio-server.ts', import.meta.url).pathname

/** @param faults that the program is to have. */
export const stdioUpstream = (...faults: string[]) => ({ command: process.execPath, args: [STDIO, ...faults] })

/** @returns the path of the file, for UPSTREAMS. */
export async function mcpJson (t: Test, mcpServers: Record<string, object>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upstreams-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  return file
}
