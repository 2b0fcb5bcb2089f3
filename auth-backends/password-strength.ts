// How many guesses a password resists from an attacker who knows lists, patterns and the person's name (zxcvbn;
// NIST SP 800-63B-4 §3.1.1.2).

import type { Key, Text } from '../languages/index.ts'

/** Of 0 to 4: from here on it takes more than a hundred million guesses. */
const MIN_SCORE = 3
/**
 * Characters that are estimated; a password that is strong in these is strong with any rest. The time grows faster than the
 * length: zxcvbn's
 * README, "runtime latency", gives 5–20 ms for about 25 characters and 100 ms for 100, and signs that stand for letters
 * take ten times that.
 */
const MAX_ESTIMATED = 25

interface Estimator {
  check(
    password: string,
    known: string[]
  ): { score: number; feedback: { warning?: string | null } }
}

/** What zxcvbn finds, by the names that it gives without translations. */
const WARNINGS: Readonly<Record<string, Key>> = {
  straightRow: 'sign-up.patternPassword',
  keyPattern: 'sign-up.patternPassword',
  simpleRepeat: 'sign-up.patternPassword',
  extendedRepeat: 'sign-up.patternPassword',
  sequences: 'sign-up.patternPassword',
  recentYears: 'sign-up.datePassword',
  dates: 'sign-up.datePassword',
  topTen: 'sign-up.commonPassword',
  topHundred: 'sign-up.commonPassword',
  common: 'sign-up.commonPassword',
  similarToCommon: 'sign-up.commonPassword',
  wordByItself: 'sign-up.wordPassword',
  namesByThemselves: 'sign-up.namePassword',
  commonNames: 'sign-up.namePassword',
  userInputs: 'sign-up.personalPassword',
  pwned: 'sign-up.commonPassword'
}

/** The word lists take some megabytes: loaded when the first password is chosen. */
let estimator: Promise<Estimator> | undefined

async function load (): Promise<Estimator> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en')
  ])
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs
  }) as unknown as Estimator
}

/**
 * Heavy for what an attacker can choose, and so only called in a worker: `password-strength-task.ts`.
 * @param known what anybody knows of the person: address, name.
 * @returns what is wrong and what to do, for the person who typed it; undefined when the password will do.
 */
export async function strengthProblem (password: string, known: string[]): Promise<Text | undefined> {
  estimator ??= load()
  const { score, feedback } = (await estimator).check(
    password.slice(0, MAX_ESTIMATED),
    known.filter((word) => word.length > 2)
  )
  if (score >= MIN_SCORE) return undefined
  return { key: WARNINGS[feedback.warning ?? ''] ?? 'sign-up.weakPassword' }
}
