// Asks @cloud-copilot/iam-simulate, in a process of its own: one simulation a line in, one answer a
// line out. `node iam_simulate.mjs` answers {verdict, ignored} or {error}; with `time SAMPLES` it
// asks each question that often and answers {p50_ns, p99_ns} too: of its faster entry, which looks
// nothing up in the catalogue of actions (and knows neither session nor endpoint policies).
import { createInterface } from 'node:readline'
import {
  createValidatedPolicy, validateEndpointPolicy, validateIdentityPolicy, validateResourceControlPolicy,
  validateResourcePolicy, validateServiceControlPolicy
} from '@cloud-copilot/iam-policy'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const verdicts = { Allowed: 'allow', ExplicitlyDenied: 'explicit-deny', ImplicitlyDenied: 'implicit-deny' }

// Documents are validated once, as the peer recommends to those who ask more than once.
function prepared(simulation) {
  const once = validate => ({ name, policy }) => ({ name, policy: createValidatedPolicy(policy, validate, { name }) })
  const levels = (all, validate) => all.map(level => ({ ...level, policies: level.policies.map(once(validate)) }))
  const one = (policy, validate) => policy && createValidatedPolicy(policy, validate, { name: 'policy' })
  return {
    ...simulation,
    identityPolicies: simulation.identityPolicies.map(once(validateIdentityPolicy)),
    permissionBoundaryPolicies: simulation.permissionBoundaryPolicies?.map(once(validateIdentityPolicy)),
    vpcEndpointPolicies: simulation.vpcEndpointPolicies?.map(once(validateEndpointPolicy)),
    serviceControlPolicies: levels(simulation.serviceControlPolicies, validateServiceControlPolicy),
    resourceControlPolicies: levels(simulation.resourceControlPolicies, validateResourceControlPolicy),
    sessionPolicy: one(simulation.sessionPolicy, validateIdentityPolicy),
    resourcePolicy: one(simulation.resourcePolicy, validateResourcePolicy)
  }
}

async function answer(simulation) {
  const result = await runSimulation(simulation, {})
  if (result.resultType === 'error') return { error: JSON.stringify(result.errors) }
  return { verdict: verdicts[result.overallResult], ignored: result.result?.ignoredContextKeys ?? [] }
}

function timed(simulation, samples) {
  const taken = new Float64Array(samples)
  for (let i = 0; i < samples; ++i) runUnsafeSimulation(simulation, {}) // until it is compiled
  for (let i = 0; i < samples; ++i) {
    const began = process.hrtime.bigint()
    runUnsafeSimulation(simulation, {})
    taken[i] = Number(process.hrtime.bigint() - began)
  }
  taken.sort()
  const at = quantile => taken[Math.floor(quantile * (samples - 1))]
  return { p50_ns: at(0.5), p99_ns: at(0.99) }
}

const samples = process.argv[2] === 'time' ? Number(process.argv[3]) : 0
for await (const line of createInterface({ input: process.stdin })) {
  let said
  try {
    const simulation = prepared(JSON.parse(line))
    said = await answer(simulation)
    if (samples > 0 && !said.error) said = { ...said, ...timed(simulation, samples) }
  } catch (error) {
    said = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(said) + '\n')
}
