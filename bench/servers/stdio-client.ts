// The official client calling the tool of a process directly, so many calls at a time for so long: the least that a call
// over standard input and output costs with it.
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Load, Measured } from '../measure.ts'
import { ready } from './ready.ts'

const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } })
await client.connect(new StdioClientTransport({ command: process.execPath, args: [join(import.meta.dirname, 'stdio.ts')] }))
// As most clients do: the answers are checked against the schemas of the tools.
await client.listTools()

process.on('message', async (message: Pick<Load, 'connections' | 'seconds'>) => {
  const took: number[] = []
  const end = performance.now() + message.seconds * 1000
  const call = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      await client.callTool({ name: 'greet', arguments: { name: 'bench' } })
      took.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: message.connections }, call))
  took.sort((a, b) => a - b)
  const measured: Measured = {
    answers: took.length,
    rate: took.length / message.seconds,
    p50: took[Math.floor(took.length * 0.5)]!,
    p99: took[Math.floor(took.length * 0.99)]!,
    refused: 0
  }
  process.send!(measured)
})
ready()
process.once('SIGTERM', async () => {
  await client.close()
  process.exit(0)
})
