// The people of `npm run soak`: they sign in, call, refresh and leave at a steady pace, and note what went wrong.
import { setTimeout as sleep } from 'node:timers/promises'
import { ping, post, tokensFor, type TestClient } from '../test/helpers/oauth.ts'

/** Milliseconds between two steps of one person. */
const PACE = 500

export const counts = {
  requests: 0,
  signIns: 0,
  refreshes: 0,
  revocations: 0,
  excused: 0,
  restarts: 0,
  kills: 0,
  redisKills: 0
}
/** What failed with nothing to excuse it, and the tokens that were lost. */
export const failed: string[] = []
export const lost: string[] = []
/** How many things are down at this moment, by our own hand. */
export const disturbances = { now: 0 }

/**
 * One request. What fails while something is killed is tried again, as a client would; what fails at any other time is
 * counted.
 */
async function attempt<R> (what: string, work: () => Promise<R>, isGood: (answer: R) => boolean): Promise<R> {
  for (;;) {
    const wasDisturbed = disturbances.now > 0
    let problem: string
    let answer: R | undefined
    try {
      counts.requests++
      answer = await work()
      if (isGood(answer)) return answer
      problem = `${what}: ${JSON.stringify(answer).slice(0, 200)}`
    } catch (error) {
      problem = `${what}: ${(error as Error).message.slice(0, 200)}`
    }
    if (/invalid_grant|invalid_token|\b401\b/.test(problem)) {
      lost.push(problem)
      throw new Error(problem)
    }
    if (wasDisturbed || disturbances.now > 0) counts.excused++
    else failed.push(`${new Date().toISOString().slice(11, 19)} ${problem}`)
    await sleep(PACE)
  }
}

export interface Held {
  access: string
  refresh: string
}

async function signIn (url: string, client: TestClient): Promise<Held> {
  const { access, refresh } = await attempt(
    'sign-in',
    () => tokensFor(url, client),
    ({ access }) => access !== undefined
  )
  counts.signIns++
  return { access, refresh }
}

export async function call (url: string, { access }: Held): Promise<void> {
  await attempt(
    'call',
    () => ping(url, access),
    (status) => status === 200
  )
}

export async function refresh (url: string, client: TestClient, held: Held): Promise<void> {
  const { body } = await attempt(
    'refresh',
    () => post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: held.refresh }),
    ({ status }) => status === 200
  )
  counts.refreshes++
  Object.assign(held, { access: body['access_token'], refresh: body['refresh_token'] })
}

/** Half of the people keep what they have for the whole run; the others come and go. */
export async function person (
  url: string,
  client: TestClient,
  stays: boolean,
  isOver: () => boolean
): Promise<Held | undefined> {
  let held: Held | undefined
  while (!isOver()) {
    try {
      held ??= await signIn(url, client)
      for (let step = 0; step < 8 && !isOver(); step++) {
        await call(url, held)
        await sleep(PACE)
      }
      await refresh(url, client, held)
      if (stays) continue
      await attempt(
        'revoke',
        () => post(`${url}/revoke`, { ...client, token: held!.refresh }),
        ({ status }) => status === 200
      )
      counts.revocations++
      const { access } = held
      held = undefined
      if ((await ping(url, access).catch(() => undefined)) === 200) failed.push('a revoked token works')
    } catch {
      held = undefined
    }
  }
  return held
}
