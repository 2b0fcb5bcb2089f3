// The variables of the GitHub backend.
import { z } from 'zod'
import { isLoopback, list } from '../../authoring/env.ts'

export const GITHUB = 'https://github.com'

const URL_HELP = 'write the address of your GitHub Enterprise Server, for example https://github.example.com'

const address = z
  .string()
  .trim()
  .refine((value) => {
    const url = URL.parse(value)
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
    return url !== null && isSafe && url.pathname === '/' && !url.search && !url.hash && !url.username
  }, `${URL_HELP}. It must be https, except on this computer`)
  .transform((value) => new URL(value).origin)

/** GitHub's own rule for names of organizations, and that of the short names of teams. */
const ORGANIZATION = /^(?:\*|[a-z\d](?:[a-z\d-]{0,38})(?:\/[a-z\d][\w.-]{0,99})?)$/

const organizations = list
  .transform((names) => names.map((name) => name.toLowerCase()))
  .refine(
    (names) => names.every((name) => ORGANIZATION.test(name)),
    'write organizations, or teams as ORGANIZATION/TEAM, separated by commas, for example example-inc,example-inc/ops, or * for all'
  )

export const env = z
  .object({
    GITHUB_CLIENT_ID: z.string('write the client ID of your OAuth app at GitHub (docs/github.md)').trim(),
    GITHUB_CLIENT_SECRET: z.string('write a client secret of your OAuth app at GitHub').trim(),
    GITHUB_ORGS: organizations.optional(),
    GITHUB_URL: address.default(GITHUB)
  })
  .superRefine(({ GITHUB_URL, GITHUB_ORGS }, context) => {
    if (GITHUB_URL !== GITHUB || GITHUB_ORGS) return
    context.addIssue({
      code: 'custom',
      path: ['GITHUB_ORGS'],
      message:
        'everybody can have an account at github.com: write the organizations or teams that may sign in, for example ' +
        'example-inc, or * for everybody whom ALLOWED_EMAILS lets in'
    })
  })

export type GithubSettings = z.output<typeof env>
