// The two cookies and their attributes (threat LG-06).
// A sign-in under way and the session after it: what a handle is good for, for how long, once and in which browser and
// session; and what a session cookie is (threats ST-01, ST-04, LG-06, LG-10, LG-20).
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  "both cookies are HttpOnly, Lax and of this host alone, and the session's ends with the session (LG-06)",
  async (t, start) => {
    const { app } = await start({ env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'demo' } })
    const headers = { host: 'mcp.example.com', origin: 'https://mcp.example.com' }
    const login = await app.inject({ url: '/login', headers })
    const set = String(login.headers['set-cookie'])
    t.match(set, /^__Host-mcp_browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const handle = new URL(String(login.headers.location), 'https://mcp.example.com').searchParams.get('interaction')!
    const entered = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { ...headers, cookie: set.split(';')[0]!, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ interaction: handle, backend: 'demo' }).toString()
    })
    t.match(
      String(entered.headers['set-cookie']),
      /^__Host-mcp_session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    )
  }
)
