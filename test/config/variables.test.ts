// The variables that belong to no backend and no tool: problems between them, and the bounds of each number.
import t from 'tap'
import { findContradictions, variables } from '../../config/variables.ts'

const read = (env: Record<string, string> = {}) => variables.parse(env)
const KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'

t.test('variables that are valid by themselves and not together are named (WB-18)', async (t) => {
  const problems = (env: Record<string, string>) => findContradictions(read(env), env).map((problem) => problem.split(':')[0])
  t.same(problems({}), [])
  t.same(problems({ REDIS_URL: 'redis://localhost' }), ['SECRET_KEY'])
  t.same(problems({ REDIS_URL: 'redis://localhost', SECRET_KEY: KEY }), [])
  const redis = { REDIS_URL: 'redis://localhost' }
  t.same(findContradictions(read(redis), { ...redis, SECRET_KEY: 'short' }), [], 'one that is wrong is not said to be missing as well')
  t.same(problems({ SMTP_URL: 'smtp://localhost' }), ['MAIL_FROM'])
  t.same(problems({ SMTP_URL: 'smtp://localhost', MAIL_FROM: 'mcp@example.com' }), [])
  t.same(problems({ EMBEDDINGS_MODEL: 'small' }), ['EMBEDDINGS_MODEL'])
  const embeddings = { EMBEDDINGS_BASE_URL: 'http://localhost:11434/v1', EMBEDDINGS_MODEL: 'small' }
  t.same(problems(embeddings), [])
  t.same(problems({ ...embeddings, DATABASE_URL: 'postgres://localhost/x' }), ['EMBEDDINGS_BASE_URL'])
  t.same(problems({ CLIENT_IP_HEADER: 'cf-connecting-ip', TRUST_PROXY: '10.0.0.1' }), ['CLIENT_IP_HEADER'])
})

t.test('a number is taken at its bounds, and refused one beyond them (WB-18)', async (t) => {
  const takes = (name: string, value: number) => variables.safeParse({ [name]: String(value) }).success
  for (const [name, least, most] of [
    ['PORT', 0, 65_535],
    ['ACCESS_TOKEN_TTL', 1, 86_400],
    ['REFRESH_TOKEN_TTL', 1, 366 * 86_400],
    ['GRANT_TTL', 1, 366 * 86_400],
    ['AUTHORIZATION_CODE_TTL', 1, 600],
    ['REFRESH_GRACE', 0, 300],
    ['HEADERS_TIMEOUT', 1, 600],
    ['REQUEST_TIMEOUT', 1, 600],
    ['BODY_LIMIT', 1_024, 64 * 1024 * 1024],
    ['SHUTDOWN_DELAY', 0, 300]
  ] as const) {
    const answers = [least - 1, least, most, most + 1].map((value) => takes(name, value))
    t.same(answers, [false, true, true, false], name)
  }
})

t.test('the endpoint has a path of its own, and nothing that is well known', async (t) => {
  const contradictions = (env: Record<string, string>) => findContradictions(variables.parse(env), env)
  t.same(contradictions({ MCP_PATH: '/login', BASE_PATH: '/' }), [
    'MCP_PATH: something else of this server is at /login; choose another path'
  ])
  t.same(contradictions({ MCP_PATH: '/login' }), [])
  t.same(contradictions({ MCP_PATH: '/api/mcp', BASE_PATH: '/' }), [])
  for (const path of ['mcp', '/mcp/', '//mcp', '/.well-known/x', '/a/../b', '/a?b', '/*', '/:id', `/${'a'.repeat(100)}`]) {
    t.notOk(variables.safeParse({ MCP_PATH: path }).success, path)
  }
})
