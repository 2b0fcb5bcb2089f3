// Open streams under small bounds, at a time that a test sets, and a record of which of them ended and why.
import type { OpenStream } from '../../../../plugins/mcp/streams/contract.ts'
import { createOpenStreams } from '../../../../plugins/mcp/streams/open-streams.ts'
import type { Access } from '../../../../plugins/oauth/grants/contract.ts'

export const accessOf = (user: string, grantId: string): Access => ({
  grantId,
  clientId: 'c',
  user: { id: user },
  scopes: ['mcp:read'],
  resource: 'r',
  expiresAt: 4e9,
  clientName: 'App',
  backend: 'local',
  attempt: 'a'
})

export function openStreams (
  t: { teardown(work: () => void): void },
  stillAllows?: (access: Access) => boolean | Promise<boolean>
) {
  let now = 1_000
  const streams = createOpenStreams({ perGrant: 2, perPerson: 3, inAll: 6 }, () => now, stillAllows)
  t.teardown(streams.close)
  const ended: string[] = []
  const add = (name: string, access: Access | null, until = Infinity, address?: string) => {
    const stream: OpenStream = {
      access,
      address,
      until,
      end: (reason) => {
        ended.push(`${name}: ${reason}`)
      }
    }
    streams.add(stream)
    return stream
  }
  return {
    ...streams,
    add,
    ended,
    pass: (seconds: number) => {
      now += seconds
    }
  }
}
