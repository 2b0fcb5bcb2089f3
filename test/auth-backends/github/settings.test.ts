// The variables of the GitHub backend, and what to write instead.
import t from 'tap'
import { env } from '../../../auth-backends/github/settings.ts'

const right = { GITHUB_CLIENT_ID: 'Iv1.abc', GITHUB_CLIENT_SECRET: 'secret', GITHUB_ORGS: 'Example-Inc, example-inc/Ops' }

const problems = (change: Record<string, string | undefined>) =>
  env.safeParse({ ...right, ...change }).error?.issues.map(({ path, message }) => `${path.join()}: ${message}`).join() ?? ''

t.test('names count in any case', async (t) => {
  t.match(env.parse(right), { GITHUB_ORGS: ['example-inc', 'example-inc/ops'], GITHUB_URL: 'https://github.com' })
})

t.test('at github.com the operator says who is meant; a server of their own is theirs', async (t) => {
  t.match(problems({ GITHUB_ORGS: undefined }), /GITHUB_ORGS: everybody can have an account/)
  t.equal(problems({ GITHUB_ORGS: undefined, GITHUB_URL: 'https://github.example.com' }), '')
  t.match(problems({ GITHUB_ORGS: ' , ' }), /GITHUB_ORGS: there is nothing between the commas/)
  t.equal(problems({ GITHUB_ORGS: '*' }), '')
})

t.test('what is wrong is said', async (t) => {
  for (const orgs of ['a b', '-a', 'a/b/c', 'https://github.com/a', '@a']) {
    t.match(problems({ GITHUB_ORGS: orgs }), /GITHUB_ORGS: write organizations/, orgs)
  }
  for (const url of ['github.example.com', 'http://github.example.com', 'https://a.example/github', 'https://u@a.example']) {
    t.match(problems({ GITHUB_URL: url }), /GITHUB_URL: write the address/, url)
  }
  t.match(problems({ GITHUB_CLIENT_ID: undefined }), /client ID/)
  t.match(problems({ GITHUB_CLIENT_SECRET: undefined }), /client secret/)
})
