// Whatever the official client throws becomes an error that says what happened, and what an upstream answered stays.
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client'
import t from 'tap'
import { UpstreamError } from '../../../plugins/upstreams/contract.ts'
import { toUpstreamError } from '../../../plugins/upstreams/errors.ts'

const settings = { name: 'crm', secrets: ['s3cr3t-token'] }
const of = (error: unknown) => toUpstreamError(error, settings)

t.test('what the upstream answered, and an error of ours, stay as they are', async (t) => {
  const answered = new ProtocolError(-32602, 'no such tool')
  t.equal(of(answered), answered)
  const own = new UpstreamError('crm', 'busy', 'too many')
  t.equal(of(own), own)
  t.equal(of(new SdkError(SdkErrorCode.EraNegotiationFailed, 'probe', {}, { cause: own })), own)
  t.equal(of(new ProtocolError(-32000, 'made up by a transport', own)), own)
  const forged = new ProtocolError(-32000, 'x', {
    name: 'UpstreamError',
    fault: 'ended',
    wasSent: false
  })
  t.equal(of(forged), forged, 'an upstream cannot make one up')
})

t.test('each error of the client has its fault, and says whether the request was sent', async (t) => {
  const sdk = (code: SdkErrorCode) => new SdkError(code, 'words')
  t.match(of(sdk(SdkErrorCode.RequestTimeout)), { fault: 'timeout', wasSent: true })
  t.match(of(sdk(SdkErrorCode.ConnectionClosed)), { fault: 'ended', wasSent: true })
  t.match(of(sdk(SdkErrorCode.NotConnected)), { fault: 'ended', wasSent: false })
  t.match(of(sdk(SdkErrorCode.InvalidResult)), {
    fault: 'malformed',
    wasSent: true
  })
  t.match(of(sdk(SdkErrorCode.CapabilityNotSupported)), {
    fault: 'failed', wasSent: false
  })
  const unopened = new SseError(401, 'no s3cr3t-token', {} as never)
  t.match(of(unopened), {
    fault: 'failed',
    wasSent: false,
    message: /^did not open a stream: .*no \[secret\]/
  })
  t.match(of(new Error('anything')), { fault: 'failed', message: 'anything' })
  t.match(of(new SyntaxError('Unexpected token s3cr3t-token')), {
    fault: 'malformed',
    message: 'its answer is not MCP'
  })
  t.match(of('a text'), { fault: 'failed', message: 'a text' })
})

t.test('words of the upstream are short, in one line, and without secrets (UH-06)', async (t) => {
  const text = `no s3cr3t-token\n\u001b[31m${'x'.repeat(10_000)}`
  const error = of(new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'x', { status: 400, statusText: '', text }))
  t.match(error, { fault: 'failed', message: /^answered 400: no \[secret\] \[31mx+$/ })
  t.ok(error.message.length <= 500)
  t.notOk(error.cause, 'nor are they in the cause')
})

t.test('a 400 that names the session means that it is forgotten only where there is one (UP-21)', async (t) => {
  const error = new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'x', { status: 400, statusText: '', text: 'no such session' })
  t.match(toUpstreamError(error, settings, true), { fault: 'ended', wasSent: false })
  t.match(toUpstreamError(error, settings, false), { fault: 'failed', wasSent: false, message: 'answered 400: no such session' })
})
