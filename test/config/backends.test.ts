// AUTH_BACKEND with a module of the operator's. Names and combinations are in test/config/parsers.test.ts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'

t.test("a backend can be a module of the operator's", async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'mcp-config-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  await writeFile(
    join(path, 'mine.ts'),
    `import { z } from '${import.meta.resolve('zod')}'\nexport default { env: z.object({ MY_SERVICE: z.string('write the address of the service') }), open: ({ MY_SERVICE }) => ({ title: MY_SERVICE }) }\n`
  )
  await writeFile(join(path, 'wrong.ts'), 'export default {}\n')
  await t.rejects(loadConfig({ AUTH_BACKEND: './mine.ts' }, path), {
    message: /MY_SERVICE: write the address of the service \(AUTH_BACKEND \.\/mine\.ts needs it\)/
  })
  await t.rejects(loadConfig({ AUTH_BACKEND: './wrong.ts' }, path), {
    message: /default export of \.\/wrong\.ts is not a backend/
  })
  const { backends } = await loadConfig({ AUTH_BACKEND: './mine.ts', MY_SERVICE: 'ours' }, path)
  t.match(await backends[0]!.open({} as never), { title: 'ours' })
})
