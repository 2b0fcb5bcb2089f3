// The address: what is not one, leads nowhere, or does not speak https, is reported.
import t from 'tap'
import { freePort } from '../helpers/ports.ts'
import { findings, startBoth } from './examination.ts'

t.test('an invalid or unreachable address is reported', async (t) => {
  t.match((await findings('')).faults, [/not the address of a web server/])
  t.match((await findings('ftp://mcp.example.com')).faults, [/not the address of a web server/])
  t.match((await findings('https://mcp.invalid')).faults, [/mcp\.invalid has no address/])
  const unused = await findings(`http://localhost:${await freePort()}`)
  t.match(unused.faults, [/does not answer/])
  t.match(unused.all, /Nothing listens there/)
})

t.test('a port that does not speak https is reported', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(url.replace('http:', 'https:'))
  t.match(found.faults, [/https connection failed/])
  t.match(found.all, /no https there/)
})
