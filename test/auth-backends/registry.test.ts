// The registry: each name leads to a backend with its variables.
import t from 'tap'
import { registry } from '../../auth-backends/registry.ts'

t.test('each backend has its variables and can be opened', async (t) => {
  t.same(Object.keys(registry), ['demo', 'github', 'local', 'oidc', 'supabase'], 'names are stored with users and never change')
  for (const [name, load] of Object.entries(registry)) {
    const { default: backend } = await load()
    t.type(backend.open, 'function', name)
    t.type(backend.env.safeParse, 'function', name)
  }
})
