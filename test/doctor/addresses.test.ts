// How the doctor compares addresses.
import t from 'tap'
import { isLocalName, isReachable, sameAddress, sameHost } from '../../doctor/addresses.ts'

t.test('a slash at the end makes no other address', async (t) => {
  t.ok(sameAddress('https://mcp.example.com', 'https://mcp.example.com/'))
  t.notOk(sameAddress('https://mcp.example.com', 'https://mcp.example.com/mcp'))
  t.ok(sameHost('https://mcp.example.com/mcp', new URL('https://mcp.example.com')))
})

t.test('a public server must name public https addresses; one on this computer may name its own', async (t) => {
  const [hosted, local] = [new URL('https://mcp.example.com'), new URL('http://localhost:8080')]
  t.ok(isLocalName('http://127.0.0.1:8080/token'))
  t.ok(isReachable('https://mcp.example.com/token', hosted))
  t.notOk(isReachable('http://mcp.example.com/token', hosted))
  t.notOk(isReachable('https://localhost/token', hosted))
  t.ok(isReachable('http://localhost:8080/token', local))
  t.ok(isReachable('https://localhost:8443/token', local))
  t.notOk(isReachable('http://mcp.example.com/token', local))
  t.notOk(isReachable('no address', local))
})
