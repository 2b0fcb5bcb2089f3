// A backend that knows every person and vouches for their address, for tests of who may come in.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test } from 'tap'
import { folder } from './tool-context.ts'

/** A service that knows everybody, and vouches for their address unless they only `typed` it. */
export async function service (t: Test): Promise<string> {
  const path = join(await folder(t), 'service.ts')
  await writeFile(
    path,
    `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
const verify = async ({ identifier }) =>
  ({ subject: identifier, email: identifier.split(' ').at(-1), emailVerified: !identifier.startsWith('typed ') })
export default { env: z.object({}), open: () => ({ title: 'Service', password: { label: 'Name', verify },
  signUp: { create: async ({ email }) => email.startsWith('fault') ? Promise.reject(new Error('the service is away')) : ({ kind: 'confirm', message: 'Check your mailbox.' }) } }) }
`
  )
  return path
}
