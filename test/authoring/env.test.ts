// The helpers for variables: what a list holds, and that only this computer counts as this computer.
import t from 'tap'
import { isLoopback, isLoopbackHost, list, LOOPBACK_ORIGIN } from '../../authoring/env.ts'

t.test('a list is what stands between commas', (t) => {
  t.same(list.parse('a, b ,,c d,'), ['a', 'b', 'c d'])
  t.equal(list.safeParse(' , ').success, false, 'nothing says whom a limit is for')
  t.end()
})

const OWN = ['localhost', '127.0.0.1', '127.0.0.2', '127.255.255.254', '[::1]']
const OTHER = [
  '',
  'localhost.example.com',
  'a.localhost',
  'notlocalhost',
  '127.0.0.1.example.com',
  '128.0.0.1',
  '[::2]',
  '::1',
  '127.0.0',
  '10.0.0.1'
]

t.test('names of this computer, with a port or as an origin, and of no other', (t) => {
  for (const name of OWN) {
    t.ok(isLoopback(name) && isLoopbackHost(name) && isLoopbackHost(`${name}:8080`), name)
    t.ok(LOOPBACK_ORIGIN.test(`http://${name}`) && LOOPBACK_ORIGIN.test(`https://${name}:8443`), name)
    t.notOk(isLoopback(`${name}:80`), 'a name has no port')
    for (const origin of [`http://${name}/`, `ftp://${name}`, `http://${name}:123456`, `http://${name}@example.com`]) {
      t.notOk(LOOPBACK_ORIGIN.test(origin), origin)
    }
  }
  for (const name of OTHER) {
    t.notOk(isLoopback(name) || isLoopbackHost(`${name}:80`) || LOOPBACK_ORIGIN.test(`http://${name}`), name)
  }
  t.end()
})
