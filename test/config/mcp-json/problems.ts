// What is wrong in an mcp.json, for tests: every time, that no value of the environment is in it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createUpstreamsReader } from '../../../config/mcp-json/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'mcp-upstreams-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'mcp.json')

const SECRET = 'tell-nobody-5f2a'
const environment = {
  TOKEN: SECRET,
  WITH_BREAK: `${SECRET}\r\nx-evil: 1`,
  NUL: `${SECRET}\0`,
  ADDRESS: `http://${SECRET}.example.com/mcp`,
  FOLDER: `/nowhere/${SECRET}`
}

export async function problemsOf (text: string, signIn = true): Promise<string[]> {
  await writeFile(path, text)
  const found = createUpstreamsReader(undefined, { environment, folder, signIn }).read()
  const problems = 'problems' in found ? found.problems : []
  t.notOk(problems.some((problem) => problem.includes(SECRET)), 'no value is shown')
  return problems.map((problem) => problem.replace(path, 'FILE'))
}

export const problemsOfOne = async (server: unknown, signIn = true): Promise<string[]> =>
  (await problemsOf(`{"mcpServers": {\n"crm": ${JSON.stringify(server)}}}`, signIn))
    .map((problem) => problem.replace(/^FILE line 2: upstream "crm"(?:, |: )/, ''))
