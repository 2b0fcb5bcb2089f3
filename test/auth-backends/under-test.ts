// A backend under the contract of all backends, and what the contract types into its forms.
import type { AuthBackend, Credentials, SignInAnswer } from '../../auth-backends/contract.ts'

export interface BackendUnderTest {
  /** Opens the backend afresh on the same people, as a restart does. */
  open(): Promise<AuthBackend>
  /** Somebody who can sign in, for a backend with passwords. */
  person?: Credentials
  /** Somebody goes to the provider's pages and back, for a backend with a redirect. */
  throughRedirect?: (backend: AuthBackend) => Promise<SignInAnswer>
  /** The backend with what it stands on away, and the error that must then be thrown. */
  unreachable?: () => Promise<{ backend: AuthBackend; error: new (...args: never[]) => Error }>
  /** Strings of the configuration that must stay out of every error. */
  secrets?: string[]
}

/** LG-13: what attackers write into login fields. */
export const HOSTILE = [
  "' OR '1'='1",
  "admin'--",
  "'; DROP TABLE users; --@example.com",
  '*)(uid=*))(|(uid=*',
  '{"$gt":""}',
  '[object Object]',
  '<script>alert(1)</script>@example.com',
  '<%= 7*7 %>',
  '{{7*7}}',
  ['$', '{7*7}@example.com'].join(''),
  'a\0b@example.com',
  '\0',
  '__proto__',
  'constructor',
  '__proto__@example.com',
  'constructor@example.com',
  'a@example.com\r\nBcc: b@example.com',
  '../../etc/passwd',
  '\ud800@example.com',
  '',
  ' ',
  '@',
  'x'.repeat(500_000),
  `${'x'.repeat(500_000)}@example.com`
]

export const NEW_PASSWORD = 'Lantern otter Vienna plum'
let made = 0
export const freshAddress = () => `fresh${process.pid}-${++made}@example.com`
