// Whatever an existing server does wrong, through the whole server: what the model that called it reads, what the operator
// reads in the log and at the start, and that the others go on.
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { startLines } from '../../banner.ts'
import { startHttpUpstream, type HttpFault } from '../fixtures/upstreams/http-server.ts'
import { person } from '../helpers/person.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { mcpJson, stdioUpstream } from '../helpers/upstream-file.ts'

const MEGABYTE = 1024 * 1024
const CHECK_FIRST = 'What it was asked to change may still have been changed: check first, and call it again only if it was not.'
const AGAIN = 'Try again once; if it stops again, go on without it.'
const ENDED = 'stopped before it answered: the server behind it ended, or closed the connection.'
const LARGE = 'gave an answer that is too large, or not in the form that the protocol wants.'
const UNREACHABLE = 'cannot be reached: the server behind it does not start or does not answer. Try again in a minute.'
const REFUSED = 'is not available: the server behind it does not let this server in. Trying again does not help: tell the ' +
  'person that the operator of this server has to mend its access.'
const FAILED = 'failed in the server behind it, not because of its arguments. Try again later.'
const SLOW = 'did not answer in time.'
const LATER = 'Ask for less at once, or try again later.'

async function startFaulty (t: Test) {
  const crm = await startHttpUpstream(t, { sessions: true })
  const lines: string[] = []
  const logTo = new Writable({
    write (line, _encoding, done) {
      lines.push((JSON.parse(String(line)) as { msg: string }).msg)
      done()
    }
  })
  const UPSTREAMS = await mcpJson(t, {
    absent: { command: 'no-such-program' },
    exits: stdioUpstream('--exit-at-start'),
    hangs: stdioUpstream('--hang-initialize'),
    floods: stdioUpstream('--flood-stderr', '200'),
    dies: stdioUpstream('--die-in-call'),
    slow: { ...stdioUpstream('--slow', '60000'), timeoutMs: 1_000 },
    big: stdioUpstream('--big-answer', String(30 * MEGABYTE)),
    many: stdioUpstream('--many-tools', '1010'),
    changes: stdioUpstream('--changes-tools'),
    nowhere: { url: 'http://127.0.0.1:9/mcp' },
    crm: { url: crm.url },
    late: { url: crm.url, timeoutMs: 1_000 }
  })
  const env = { UPSTREAMS, LOG_LEVEL: 'info' }
  const server = await startServer(t, { env, logTo, documents: {} })
  const { all } = server.app.upstreams
  const isRead = (name: string) => all.some(({ settings, catalogue }) => settings.name === name && catalogue.tools.length > 0)
  const offering = ['floods', 'dies', 'slow', 'big', 'many', 'changes', 'crm', 'late']
  t.ok(await until(() => offering.every(isRead) && lines.some((line) => line.includes('its license'))))
  const ann = await person(server, 'ann@example.com')
  return { ...server, crm, lines, all, ann }
}

t.test('each fault of an existing server has words for the model and for the operator', async (t) => {
  const { app, config, crm, lines, ann, close } = await startFaulty(t)
  /** @param words after the name of the tool; @param why in the log. */
  const fails = async (tool: string, words: string, why: string | RegExp) => {
    const { json } = await ann.modern('tools/call', { name: tool, arguments: { text: 'x' } })
    const { isError, content: [{ text }] } = json.result
    t.ok(isError)
    t.equal(text.replace(/ as [\w-]{36}\.$/, ''), `${tool} ${words} The operator finds the reason in the log`)
    const line = lines.findLast((line) => line.startsWith(`the upstream ${tool.split('_')[0]} failed: `)) ?? ''
    t.match(line.replace(/^.*? failed: /, ''), why)
  }
  const works = async (tool: string) => {
    const { json } = await ann.modern('tools/call', { name: tool, arguments: { text: 'x' } })
    t.match(json.result?.content[0].text, 'x', tool)
  }

  await t.test('at the start', async (t) => {
    const table = await startLines(app, config)
    t.match(table, /absent .*not reached: no-such-program could not be started: (?:it was not found\. Name its whole path|the user of this server)/)
    t.match(table, /exits .*not reached: .* ended with code 7\. Last on its standard error: fixture: it cannot find its license/)
    t.match(table, /hangs .*its lists are being read/)
    t.match(table, /many .*1000 tools/)
    t.match(table, /nowhere .*not reached: no connection to http:\/\/127\.0\.0\.1:9: nothing listens there/)
    t.match(table, /crm .*1 tool/)
    for (const line of [
      /the upstream absent does not answer: no-such-program could not be started/,
      /the upstream nowhere does not answer: no connection/,
      /upstream many: only the first 1000 tools are listed; "allow" can choose others/,
      /the upstream crm answers: 1 tool$/
    ]) t.ok(lines.some((written) => line.test(written)), String(line))
    const { json } = await ann.modern('tools/call', { name: 'absent_read' })
    t.match(json.error.message, /^There is no tool named "absent_read"\. Use one of tools\/list/)
  })

  await t.test('of a program', async () => {
    await works('floods_echo')
    await works('many_tool-3')
    await works('changes_echo')
    await fails('dies_echo', `${ENDED} ${CHECK_FIRST}`, /ended with code 3\. Last on its standard error: fixture: dies in a call$/)
    await fails('slow_echo', `${SLOW} ${CHECK_FIRST}`, 'no answer within 1 second')
    await fails('big_echo', `${LARGE} ${CHECK_FIRST}`, /larger than \d+ bytes/)
    await works('floods_echo')
  })

  await t.test('of an address', async () => {
    const befalls = async (fault: HttpFault, words: string, why: string | RegExp, tool = 'crm_echo') => {
      crm.fault = fault
      await fails(tool, words, why)
    }
    const challenge = { 'www-authenticate': 'Bearer realm="crm"' }
    await befalls({ status: 401, headers: challenge }, REFUSED, 'answered 401 (it asks for realm "crm"): correct `headers` in mcp.json')
    await befalls({ status: 403 }, REFUSED, 'answered 403: correct `headers` in mcp.json')
    const wait = { 'retry-after': '7' }
    await befalls({ status: 429, headers: wait }, 'has as much to do as it can take. Try again in a few seconds.', 'it says to wait 7 seconds')
    await befalls({ status: 500 }, FAILED, 'answered 500: see the log of that server')
    await befalls('redirect', FAILED, 'it sends to http://elsewhere.example, which is not followed')
    await befalls('garbage', `${LARGE} Ask for less at once.`, 'its answer is not JSON')
    await befalls('huge', `${LARGE} Ask for less at once.`, /has more than \d+ KB/)
    await befalls('reset', `${ENDED} ${AGAIN}`, 'closed the connection before it answered')
    await befalls('hang', `${SLOW} ${LATER}`, 'no answer within 1 second', 'late_echo')
    await befalls('slow', `${SLOW} ${LATER}`, 'no answer within 1 second', 'late_echo')
    crm.fault = undefined
    crm.sessionIds.clear()
    await works('crm_echo')
    await crm.close()
    await fails('crm_echo', UNREACHABLE, /no connection to http:\/\/127\.0\.0\.1:\d+: nothing listens there/)
    await works('floods_echo')
    t.ok(await until(() => lines.some((line) => line.includes('the description of its tool "echo" changed'))))
  })

  const startedAt = performance.now()
  await close()
  t.ok(performance.now() - startedAt < 8_000, 'one that has not answered yet does not hold up the end')
})
