// What a model reads when a call did not finish: whether calling again is safe.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { z } from 'zod'
import { loadOffer } from '../../../../authoring/loader/load.ts'
import { defineResource } from '../../../../authoring/resource.ts'
import { defineTool } from '../../../../authoring/tool.ts'
import {
  failedInside,
  isStorageFault,
  storageUnreachable,
  timedOut
} from '../../../../plugins/mcp/handlers/unfinished-call.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'

const LOOK_FIRST = /may still have been changed: check first, and call it again only if it was not/

/** What a full disk makes SQLite say. */
function fillUp (): never {
  const db = new DatabaseSync(':memory:')
  db.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x)')
  for (;;) db.exec('INSERT INTO t VALUES (hex(randomblob(1000)))')
}

const faults: Record<string, () => Promise<never>> = {
  late: () => new Promise(() => {}),
  away: async () => {
    throw new StorageUnavailable('it may have been written')
  },
  full: async () => fillUp(),
  broken: async () => {
    throw new Error('a fault')
  }
}

const tool = (name: string, readOnlyHint: boolean) =>
  defineTool({
    name,
    title: name,
    description: 'For this test.',
    scopes: readOnlyHint ? ['mcp:read'] : ['mcp:write'],
    input: z.object({}),
    annotations: { readOnlyHint, destructiveHint: false, openWorldHint: false },
    timeout: 50,
    run: () => faults[name.split('_')[1]!]!()
  })

t.test(
  'an unfinished call that changes something says to look first; one that reads says to try again (ME-10)',
  async (t) => {
    const tools = Object.keys(faults).flatMap((fault) => [tool(`read_${fault}`, true), tool(`write_${fault}`, false)])
    const resources = [
      defineResource({
        uri: 'full://now',
        name: 'full',
        title: 'T',
        description: 'D',
        scopes: ['mcp:read'],
        read: async () => fillUp()
      })
    ]
    const { url } = await startServer(t, {
      offer: { tools, resources, prompts: [] } as never,
      env: { AUTH_BACKEND: 'none' }
    })
    for (const request of [mcpClient(url).legacy, mcpClient(url).modern]) {
      const said = async (name: string): Promise<string> => {
        const { result } = (await request('tools/call', { name, arguments: {} })).json
        t.equal(result.isError, true, name)
        return result.content[0].text
      }
      t.match(
        await said('read_late'),
        /did not finish within 0\.05 seconds and was stopped\. Ask for less at once, or try again later\.$/
      )
      t.match(await said('write_late'), /did not answer within 0\.05 seconds\. What it was asked to change/)
      for (const fault of ['away', 'full']) {
        for (const kind of ['read', 'write']) {
          t.match(
            await said(`${kind}_${fault}`),
            /could not reach the storage of this server, or there is no room in it\. Try again later\./
          )
        }
      }
      t.match(await said('write_broken'), /fault in this server/)
      for (const fault of Object.keys(faults)) {
        t.match(await said(`write_${fault}`), LOOK_FIRST)
        t.notMatch(await said(`read_${fault}`), /check first/)
      }
      t.match((await request('resources/read', { uri: 'full://now' })).json.error, {
        code: -32603,
        message: /storage of this server does not answer: try again/
      })
    }
  }
)

t.test('every built-in tool that changes something says so, by its annotation', async (t) => {
  const { tools } = await loadOffer([new URL('../../../../tools/', import.meta.url)])
  const told = tools.filter((tool) =>
    [timedOut(tool as never, 25_000), storageUnreachable(tool as never), failedInside(tool as never, 'id')].every(
      (text) => LOOK_FIRST.test(text)
    )
  )
  t.strictSame(told.map(({ name }) => name).sort(), ['delete_note', 'update_note', 'write'])
})

t.test('only a fault of storage counts as one', async (t) => {
  try {
    fillUp()
  } catch (error) {
    t.ok(isStorageFault(error))
  }
  t.ok(isStorageFault(new StorageUnavailable('away')))
  for (const other of [new Error('x'), Object.assign(new Error('x'), { code: -32602 }), undefined, null, 'ERR_SQLITE']) { t.notOk(isStorageFault(other)) }
})
