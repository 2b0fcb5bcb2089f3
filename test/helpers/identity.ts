// Whose server it is, for tests that build a part of the server: what the variables say.
import { readIdentity } from '../../config/identity.ts'
import { variables } from '../../config/variables.ts'

/** @param env variables such as SERVER_NAME; without any, what a server says by default. */
export const identityOf = (env: Record<string, string> = {}) => {
  const { identity, problems } = readIdentity(variables.parse(env), process.cwd())
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return identity
}
