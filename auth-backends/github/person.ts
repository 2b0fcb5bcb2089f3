// Who a person is at GitHub: their id, the address that GitHub has confirmed, and those of their organizations and teams as
// groups that the operator has named.
import { z } from 'zod'
import type { Text } from '../../languages/index.ts'
import { nameProblem } from '../sign-up-rules.ts'
import type { Identity } from '../contract.ts'
import type { GithubApi } from './api.ts'
import type { GithubSettings } from './settings.ts'

const user = z.object({ id: z.number().int().positive(), login: z.string().min(1).max(100), name: z.string().nullish() })
const email = z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() })
const organization = z.object({ login: z.string() })
const team = z.object({ slug: z.string(), organization })

/**
 * The id is only unique at one GitHub, so its host is part of the subject.
 * @returns `null` when GitHub does not accept the token any more.
 * @throws BackendUnavailable.
 */
export async function readPerson (
  api: GithubApi,
  token: string,
  settings: Pick<GithubSettings, 'GITHUB_ORGS'>
): Promise<(Identity & { groups: string[] }) | null> {
  const person = await api.get('/user', token, user)
  if (!person) return null
  const [emails, organizations, teams] = await Promise.all([
    api.list('/user/emails', token, email),
    api.list('/user/orgs', token, organization),
    api.list('/user/teams', token, team)
  ])
  const primary = emails.find((one) => one.primary && one.verified)
  const name = [person.name, person.login].find((name) => name && name.trim() !== '' && nameProblem(name) === undefined)
  const names = [
    ...organizations.map(({ login }) => login),
    ...teams.map(({ slug, organization: { login } }) => `${login}/${slug}`)
  ]
  return {
    subject: `${api.host} ${person.id}`,
    ...(primary && { email: primary.email, emailVerified: true }),
    ...(name && { name }),
    groups: [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => isNamed(name, settings))
  }
}

/**
 * Anybody can found an organization and call it as they like, also as a group that access.json means otherwise: only those
 * that the operator has named are groups, each with all its teams (threat PV-09). At a GitHub of their own, where they may
 * have named none, all are.
 */
const isNamed = (group: string, { GITHUB_ORGS: named }: Pick<GithubSettings, 'GITHUB_ORGS'>): boolean =>
  named === undefined || named.some((name) => organizationOf(name) === organizationOf(group))

const organizationOf = (group: string): string => group.split('/', 1)[0]!

/** @returns why a person with these groups may not sign in; undefined when they may. */
export function restriction (groups: readonly string[], { GITHUB_ORGS: allowed }: GithubSettings): Text | undefined {
  if (!allowed || allowed.includes('*') || groups.some((group) => allowed.includes(group))) return undefined
  return { key: 'providers.githubOrganization' }
}
